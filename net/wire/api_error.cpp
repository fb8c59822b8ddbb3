#include "net/wire/json_writer.hpp"
#include "net/wire/resource_json.hpp"

namespace treaty {
namespace {

std::string_view name_of(api_error code) {
  switch (code) {
    case api_error::not_found:
      return "not_found";
    case api_error::invalid_argument:
      return "invalid_argument";
    case api_error::method_not_allowed:
      return "method_not_allowed";
    case api_error::conflict:
      return "conflict";
    case api_error::overloaded:
      return "overloaded";
    case api_error::unavailable:
      return "unavailable";
    case api_error::internal:
      break;
  }
  return "internal";
}

}  // namespace

int http_status(api_error code) {
  switch (code) {
    case api_error::not_found:
      return 404;
    case api_error::invalid_argument:
      return 400;
    case api_error::method_not_allowed:
      return 405;
    case api_error::conflict:
      return 409;
    case api_error::overloaded:
      return 429;
    case api_error::unavailable:
      return 503;
    case api_error::internal:
      break;
  }
  return 500;
}

api_error error_of(errc code) {
  switch (code) {
    case errc::not_found:
      return api_error::not_found;
    case errc::already_exists:
    case errc::conflict:
    case errc::illegal_transition:
      return api_error::conflict;
    case errc::invalid_argument:
      return api_error::invalid_argument;
    case errc::overloaded:
      return api_error::overloaded;
    case errc::unavailable:
    case errc::outcome_unknown:
      return api_error::unavailable;
    case errc::corrupt:
    case errc::unsupported:
      break;
  }
  return api_error::internal;
}

api_error error_of(answer_kind kind) {
  switch (kind) {
    case answer_kind::failure:
    case answer_kind::ongoing:
      return api_error::conflict;
    case answer_kind::invalid:
      return api_error::invalid_argument;
    case answer_kind::overloaded:
      return api_error::overloaded;
    case answer_kind::unavailable:
      return api_error::unavailable;
    case answer_kind::ok:
    case answer_kind::error:
    case answer_kind::internal:
    case answer_kind::unimplemented:
      break;
  }
  return api_error::internal;
}

std::string error_resource(api_error code, std::string_view message) {
  std::string out;
  json_object object{out};
  json_object error{object.member("error")};
  error.text("code", name_of(code));
  error.text("message", message);
  error.close();
  object.close();
  return out;
}

}  // namespace treaty
