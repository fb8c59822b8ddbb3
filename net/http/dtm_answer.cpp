#include "net/http/dtm_answer.hpp"

#include <string_view>
#include <utility>

#include "net/wire/json_writer.hpp"

namespace treaty {
namespace {

/// `dtm_result` is for old clients; an answer that is not an outcome has none.
http_reply with_message(int status, std::string_view dtm_result, std::string_view message) {
  http_reply out{.status = status, .body = {}, .headers = {}};
  json_object object{out.body};
  object.text_unless_empty("dtm_result", dtm_result);
  object.text("message", message);
  object.close();
  return out;
}

http_reply overloaded(std::string_view message) {
  http_reply out = with_message(429, {}, message);
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

class http_answer final : public answer_sink {
public:
  explicit http_answer(std::shared_ptr<http_responder> to) : to_{std::move(to)} {}
  void answer(treaty::answer what) override { to_->reply(render(what)); }

private:
  std::shared_ptr<http_responder> to_;
};

}  // namespace

http_reply render(const answer& what) {
  switch (what.kind) {
    case answer_kind::ok:
      return ok_with(R"({"dtm_result":"SUCCESS"})");
    case answer_kind::failure:
      return with_message(409, "FAILURE", what.message);
    case answer_kind::ongoing:
      return with_message(425, "ONGOING", what.message);
    case answer_kind::error:
    case answer_kind::internal:
    case answer_kind::invalid:
      return with_message(500, {}, what.message);
    case answer_kind::overloaded:
      return overloaded(what.message);
    case answer_kind::unavailable:
      return with_message(503, {}, what.message);
    case answer_kind::unimplemented:
      return with_message(501, {}, what.message);
  }
  return with_message(500, {}, "unknown answer");
}

http_reply render(const failure& why) {
  switch (why.code) {
    case errc::overloaded:
      return overloaded(why.detail);
    case errc::unavailable:
      return with_message(503, {}, why.detail);
    case errc::unsupported:
      return with_message(501, {}, why.detail);
    case errc::not_found:
    case errc::already_exists:
    case errc::conflict:
    case errc::illegal_transition:
    case errc::invalid_argument:
    case errc::outcome_unknown:
    case errc::corrupt:
      break;
  }
  return with_message(500, {}, why.detail);
}

http_reply ok_with(std::string json) {
  return {.status = 200, .body = std::move(json), .headers = {}};
}

std::shared_ptr<answer_sink> answer_to(std::shared_ptr<http_responder> to) {
  return std::make_shared<http_answer>(std::move(to));
}

}  // namespace treaty
