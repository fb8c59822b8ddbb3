#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/branch_client.hpp"
#include "net/branch_url.hpp"
#include "net/deadlines.hpp"
#include "net/http/silence_breaker.hpp"

namespace treaty {

/// One HTTP request to be made. The views live as long as `keep`.
struct outgoing_request {
  std::shared_ptr<const void> keep;
  http_url url;
  std::string target;
  std::string_view method;  // static storage
  std::string_view body;
  const std::map<std::string, std::string>* headers = nullptr;
  std::chrono::milliseconds timeout{3000};
  bool needs_body = true;  // of the answer; else its status says all
};

/// Turns a whole answer into an outcome. The body is decoded.
using judge_answer = branch_reply (*)(int status, std::string_view body);

class http_destination;
class http_connection;
class http_transport_core;

/// One call on its way: waiting for a connection, or on one. Expires when its time-out has passed.
class exchange final : public deadline_entry {
public:
  exchange(http_transport_core& home, outgoing_request what, judge_answer judge_with, branch_done then)
      : transport{home}, request{std::move(what)}, judge{judge_with}, done{std::move(then)} {}
  void expired() override;

  http_transport_core& transport;
  outgoing_request request;
  judge_answer judge;
  branch_done done;
  http_destination* destination = nullptr;
  http_connection* connection = nullptr;                 // null while it waits for one
  std::list<std::unique_ptr<exchange>>::iterator place;  // in the destination's queue, while it waits
  std::chrono::steady_clock::time_point started{};       // when it got its connection
  unsigned redirects = 0;
  bool left_first_origin = false;  // redirected to another host: what identifies us there is not sent on
  silence_probe probe;             // held while it finds out whether its destination speaks
  bool repeated = false;           // on a fresh connection, after a stale one
};

using exchange_ptr = std::unique_ptr<exchange>;

}  // namespace treaty
