#include "net/http/login.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "net/http/request_text.hpp"
#include "net/url_text.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

/// Owns what the call looks into.
struct kept_login {
  std::shared_ptr<const void> call;
  std::string url;
  std::map<std::string, std::string> headers;
};

}  // namespace

branch_call with_login(branch_call call) {
  if (call.url.find('@') == std::string_view::npos) return call;  // as nearly always
  const auto kept = std::make_shared<kept_login>(kept_login{std::move(call.keep), std::string{call.url}, {}});
  std::string credentials = take_credentials(kept->url);
  if (call.headers != nullptr) kept->headers = *call.headers;
  const bool says_who = std::any_of(kept->headers.begin(), kept->headers.end(), [](const auto& one) {
    return canonical_header_name(one.first) == "Authorization";
  });
  if (!credentials.empty() && !says_who) {
    if (credentials.find(':') == std::string::npos) credentials += ':';
    append_base64(kept->headers["Authorization"] = "Basic ", credentials);
  }
  call.url = kept->url;
  call.headers = &kept->headers;
  call.keep = kept;
  return call;
}

}  // namespace treaty
