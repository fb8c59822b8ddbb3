#include "treaty/client/saga.hpp"

#include <nlohmann/json.hpp>

#include "client/src/submit.hpp"
#include "client/src/wait.hpp"

namespace treaty::client {

saga::saga(coordinator where, std::string gid, transaction_options options) : where_{std::move(where)} {
  request_.gid = std::move(gid);
  request_.trans_type = "saga";
  request_.options = std::move(options);
}

saga& saga::add(std::string action, std::string compensate, std::string payload) {
  return add(std::move(action), std::move(compensate), std::move(payload), std::chrono::seconds{0});
}

saga& saga::add(std::string action, std::string compensate, std::string payload, std::chrono::seconds request_timeout) {
  request_.steps.push_back({std::move(action), std::move(compensate), request_timeout});
  request_.payloads.push_back(std::move(payload));
  return *this;
}

saga& saga::concurrent() {
  request_.options.concurrent = true;
  return *this;
}

saga& saga::order(std::size_t step, std::vector<std::size_t> after) {
  orders_[step] = std::move(after);
  return *this;
}

transaction_request saga::request() const {
  transaction_request request = request_;
  if (!request.options.concurrent) return request;
  auto orders = nlohmann::json::object();
  for (const auto& [step, after] : orders_) orders[std::to_string(step)] = after;
  request.custom_data = nlohmann::json{{"concurrent", true}, {"orders", std::move(orders)}}.dump();
  return request;
}

result<void> saga::submit() const {
  return wait_for<void>([&](auto done) { async_submit(std::move(done)); });
}

void saga::async_submit(completion<void> done) const {
  client::submit(where_, request(), std::move(done));
}

}  // namespace treaty::client
