#include "tests/fuzz/api.hpp"

#include <prometheus/registry.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <set>

#include "net/http/dtm_api.hpp"
#include "net/http/reply_head.hpp"
#include "net/http/response_reader.hpp"
#include "net/http/router.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json.hpp"
#include "tests/fuzz/world.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::size_t reply_bytes_max = 64u << 20;

/// The client's reader understands what the server's writer wrote.
void expect_readable(const http_reply& what) {
  std::string bytes;
  append_reply_head(bytes, what, what.body.size(), connection_end::keep);
  bytes += what.body;
  response_parts read;
  response_reader reader{read, reply_bytes_max, 1u << 20};
  boost::beast::error_code error;
  std::size_t taken = 0;
  while (!error && !reader.is_done() && taken < bytes.size()) {
    taken += reader.put(boost::asio::buffer(bytes) + taken, error);
  }
  FUZZ_CHECK(!error && reader.is_done() && taken == bytes.size(), bytes);
  FUZZ_CHECK(read.status == what.status && read.body == what.body, bytes);
}

void check_reply(const http_reply& what) {
  static const std::set<int> statuses{200, 301, 307, 400, 404, 409, 425, 429, 500, 501, 503};
  FUZZ_CHECK(statuses.contains(what.status), std::to_string(what.status));
  const bool moved = what.status == 301 || what.status == 307;
  const bool is_text = what.content_type.starts_with("text/plain") && what.status == 404;
  if (moved) {
    FUZZ_CHECK(what.body.empty() && !what.headers.empty());
  } else if (!is_text) {
    FUZZ_CHECK(is_json(what.body), what.body);
  }
  expect_readable(what);
}

class responder final : public http_responder {
public:
  explicit responder(std::shared_ptr<hearing> into) : into_{std::move(into)} {}
  void reply(http_reply what) override {
    FUZZ_CHECK(into_->replies == 0, "answered twice");
    check_reply(what);
    into_->replies += 1;
    into_->status = what.status;
  }

private:
  std::shared_ptr<hearing> into_;
};

/// Passes everything on to the world of the input that is running.
class moving_door final : public ingress {
public:
  world* to = nullptr;

  void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> sink) override {
    to->offer(std::move(id), std::move(what), body_bytes, std::move(sink));
  }
  void query(gid id, on_result<txn_record> done) override { to->query(std::move(id), std::move(done)); }
  void history(gid id, on_result<txn_history> done) override { to->history(std::move(id), std::move(done)); }
  void wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) override {
    to->wait_end(std::move(id), limit, std::move(done));
  }
  void list(list_request request, on_result<listing> done) override { to->list(std::move(request), std::move(done)); }
  void reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) override {
    to->reset_cron(later_than, limit, std::move(done));
  }
  void change_topic(topic_change change, std::shared_ptr<answer_sink> sink) override {
    to->change_topic(std::move(change), std::move(sink));
  }
  void query_kv(std::string category, std::string key, on_result<kv_record> done) override {
    to->query_kv(std::move(category), std::move(key), std::move(done));
  }
  void list_kv(kv_request request, on_result<kv_listing> done) override {
    to->list_kv(std::move(request), std::move(done));
  }
};

/// Made once: the metrics of the routes cost more than most inputs do.
struct all_routes {
  moving_door door;
  prometheus::Registry registry;
  http_router router{registry};

  all_routes() { add_dtm_routes(router, door, {.version = "1"}); }
};

all_routes& routes() {
  static all_routes made;
  return made;
}

}  // namespace

api::api(world& door) : door_{door} {
  routes().door.to = &door;
}

void api::call(std::string_view method, std::string_view target, std::string_view body) {
  const std::size_t mark = target.find('?');
  const std::string_view query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  const std::size_t touched_before = door_.touched();
  const auto heard = heard_.emplace_back(std::make_shared<hearing>());
  routes().router.handle({method, target.substr(0, mark), query, body}, std::make_shared<responder>(heard));
  // What is malformed or unknown never reaches the door; what does not reach it is answered at once.
  const std::size_t touches = door_.touched() - touched_before;
  FUZZ_CHECK(touches <= 2, "one request, many calls");
  if (heard->status == 400 || heard->status == 404 || heard->status == 301) FUZZ_CHECK(touches == 0);
  if (touches == 0) FUZZ_CHECK(heard->replies == 1, "neither answered nor handed on");
}

void api::expect_all_answered() const {
  FUZZ_CHECK(std::all_of(heard_.begin(), heard_.end(), [](const auto& one) { return one->replies == 1; }));
}

bool is_target(std::string_view target) {
  return !target.empty() && std::all_of(target.begin(), target.end(), [](char byte) {
    return static_cast<unsigned char>(byte) > 0x20 && byte != 0x7F;
  });
}

}  // namespace treaty::fuzz
