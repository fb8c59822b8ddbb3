// A connection's bytes through our request reader and the routes. The first two bytes say where the bytes are cut in
// two: how they arrive must not matter.

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <vector>

#include "net/http/careful_put.hpp"
#include "net/http/request_reader.hpp"
#include "tests/fuzz/api.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/world.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::size_t header_bytes_max = 1u << 20;  // how a header that is over it arrives does matter
constexpr std::size_t body_bytes_max = 4096;

struct understood {
  std::vector<received_request> requests;
  bool refused = false;
};

/// Reads requests as a connection does: what a reader leaves is given to it again with what comes after.
class connection {
public:
  void arrive(std::string_view bytes) {
    unread_ += bytes;
    while (!unread_.empty() && !said_.refused) {
      if (!consume_some()) return;
    }
  }
  understood said() && { return std::move(said_); }

private:
  bool consume_some() {
    if (!reader_) reader_.emplace(request_, header_bytes_max, body_bytes_max);
    boost::beast::error_code error;
    unread_.erase(0, careful_put(*reader_, boost::asio::buffer(unread_), error));
    if (error == boost::beast::http::error::need_more) return false;
    if (error) {
      const int status = refusal_of(error).status;
      FUZZ_CHECK(status == 400 || status == 413 || status == 431, error.message());
      said_.refused = true;
      return false;
    }
    if (!reader_->is_done()) return true;
    said_.requests.push_back(request_);
    reader_.reset();
    request_.clear();
    return true;
  }

  std::string unread_;
  received_request request_;
  std::optional<request_reader> reader_;
  understood said_;
};

bool same(const received_request& a, const received_request& b) {
  return a.method == b.method && a.target == b.target && a.body == b.body && a.http_1_1 == b.http_1_1 &&
         a.expects_continue == b.expects_continue;
}

void expect_same(const understood& a, const understood& b) {
  FUZZ_CHECK(a.requests.size() == b.requests.size());
  for (std::size_t at = 0; at < a.requests.size(); ++at) FUZZ_CHECK(same(a.requests[at], b.requests[at]));
  // Garbage without an end may be refused now, or when more of it has come.
}

void read_and_serve(const std::uint8_t* data, std::size_t size) {
  input in{data, size};
  std::size_t cut = in.byte();
  cut = cut << 8 | in.byte();
  const std::string_view bytes = in.all();
  connection at_once;
  at_once.arrive(bytes);
  const understood whole = std::move(at_once).said();
  connection in_parts;
  in_parts.arrive(bytes.substr(0, cut % (bytes.size() + 1)));
  in_parts.arrive(bytes.substr(cut % (bytes.size() + 1)));
  expect_same(whole, std::move(in_parts).said());

  world door{hash_of(data, size)};
  api under_test{door};
  for (const received_request& one : whole.requests) {
    FUZZ_CHECK(is_target(one.target), "a request line was split: " + one.target);
    FUZZ_CHECK(one.body.size() <= body_bytes_max);
    under_test.call(one.method, one.target, one.body);
  }
  door.calm_down();
  under_test.expect_all_answered();
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::read_and_serve(data, size);
  return 0;
}
