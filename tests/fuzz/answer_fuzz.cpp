// What participants answer. The first byte: an HTTP answer's bytes, a body alone, or a gRPC status.

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "net/http/careful_put.hpp"
#include "net/http/gunzip.hpp"
#include "net/http/response_reader.hpp"
#include "net/jsonrpc/envelope.hpp"
#include "net/outcome.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::size_t body_bytes_max = 4096;

void expect_fit(const branch_reply& what) {
  FUZZ_CHECK(what.outcome >= call_outcome::success && what.outcome <= call_outcome::unknown);
  FUZZ_CHECK(what.detail.size() <= reply_detail_bytes_max && is_utf8(what.detail), what.detail);
}

void judge(int status, std::string_view body) {
  const branch_reply by_http = judge_http(status, body);
  const branch_reply by_json_rpc = judge_json_rpc(status, body);
  expect_fit(by_http);
  expect_fit(by_json_rpc);
  // An envelope may spoil a success, never make one.
  if (by_http.outcome != call_outcome::success) FUZZ_CHECK(by_json_rpc.outcome == by_http.outcome);
}

struct understood {
  response_parts parts;
  bool done = false;
};

/// Garbage without an end may be refused now, or when more of it has come: such answers are not compared.
bool same(const understood& a, const understood& b) {
  if (!a.done && !b.done) return true;
  return a.done && b.done && a.parts.status == b.parts.status && a.parts.body == b.parts.body &&
         a.parts.location == b.parts.location && a.parts.content_encoding == b.parts.content_encoding;
}

/// Reads as a connection does: what the reader leaves is given to it again with what comes after.
understood read_answer(std::string_view first, std::string_view second) {
  understood out;
  response_reader reader{out.parts, body_bytes_max, 1u << 20};
  std::string unread;
  boost::beast::error_code error;
  for (const std::string_view piece : {first, second}) {
    unread += piece;
    while (!unread.empty() && !reader.is_done()) {
      error = {};
      unread.erase(0, careful_put(reader, boost::asio::buffer(unread), error));
      if (error) break;
    }
    if (error && error != boost::beast::http::error::need_more) return out;
  }
  out.done = reader.is_done();
  return out;
}

void check_answer(std::string_view bytes, std::size_t cut) {
  cut %= bytes.size() + 1;
  const understood whole = read_answer(bytes, {});
  FUZZ_CHECK(same(whole, read_answer(bytes.substr(0, cut), bytes.substr(cut))), "it matters how an answer arrives");
  FUZZ_CHECK(whole.parts.body.size() <= body_bytes_max);
  if (!whole.done) return;
  judge(whole.parts.status, whole.parts.body);
  const auto unpacked = gunzip(whole.parts.body, body_bytes_max);
  if (unpacked) judge(whole.parts.status, *unpacked);
}

void check_packed(std::string_view bytes) {
  const auto unpacked = gunzip(bytes, body_bytes_max);
  if (!unpacked) return FUZZ_CHECK(!unpacked.error().detail.empty());
  FUZZ_CHECK(unpacked->size() <= body_bytes_max);
  judge(200, *unpacked);
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treaty::fuzz;
  static constexpr int statuses[] = {200, 201, 404, 409, 425, 500};
  input in{data, size};
  const std::uint8_t kind = in.byte();
  const std::size_t number = in.byte();
  const std::string_view text = in.all();
  if (kind % 4 == 0) check_answer(text, number);
  if (kind % 4 == 1) judge(statuses[number % 6], text);
  if (kind % 4 == 2) expect_fit(treaty::judge_grpc(static_cast<int>(number) - 2, text));
  if (kind % 4 == 3) check_packed(text);
  return 0;
}
