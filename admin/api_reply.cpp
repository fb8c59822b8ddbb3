#include "admin/api_reply.hpp"

#include <algorithm>
#include <utility>

#include "net/url_text.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

class answer_taker final : public answer_sink {
public:
  explicit answer_taker(std::function<void(treaty::answer)> then) : then_{std::move(then)} {}
  void answer(treaty::answer what) override { then_(std::move(what)); }

private:
  std::function<void(treaty::answer)> then_;
};

}  // namespace

http_reply api_ok(std::string json) {
  return {.status = 200, .body = std::move(json), .headers = {}};
}

http_reply api_refusal(api_error code, std::string_view message) {
  http_reply out{.status = http_status(code), .body = error_resource(code, message), .headers = {}};
  if (code == api_error::overloaded) out.headers.emplace_back("Retry-After", "1");
  return out;
}

http_reply api_refusal(const failure& why) {
  return api_refusal(error_of(why.code), why.detail);
}

http_reply api_refusal(const failure& why, const gid& id) {
  if (why.code != errc::not_found) return api_refusal(why);
  return api_refusal(api_error::not_found, "there is no transaction '" + id.value + "'");
}

http_reply api_transaction(const result<txn_record>& found, const gid& id) {
  return found ? api_ok(transaction_resource(*found)) : api_refusal(found.error(), id);
}

std::shared_ptr<answer_sink> answer_then(std::function<void(answer)> then) {
  return std::make_shared<answer_taker>(std::move(then));
}

std::string path_segment(const http_request& request, std::size_t index) {
  std::string_view rest = request.path.substr(std::min(api_root.size(), request.path.size()));
  for (; index > 0; --index) rest.remove_prefix(std::min(rest.size(), rest.find('/') + 1));
  return percent_decoded(rest.substr(0, rest.find('/')));
}

result<gid> gid_in_path(const http_request& request) {
  gid id{path_segment(request, 1)};
  if (auto usable = check_gid(id); !usable) return usable.error();
  return id;
}

}  // namespace treaty
