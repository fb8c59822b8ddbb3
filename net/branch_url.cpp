#include "net/branch_url.hpp"

#include <algorithm>
#include <charconv>

#include "net/outcome.hpp"
#include "net/url_text.hpp"

namespace treaty {
namespace {

bool starts_with_no_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  return std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b); });
}

bool is_control(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code < 0x20 || code == 0x7F;
}

bool is_alphanumeric(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

void append_form_encoded(std::string& out, std::string_view value) {
  for (const char byte : value) {
    if (is_alphanumeric(byte) || byte == '-' || byte == '_' || byte == '.' || byte == '~') {
      out += byte;
    } else if (byte == ' ') {
      out += '+';
    } else {
      append_percent(out, byte);
    }
  }
}

// Whatever a client wrote stays; only what would break the request line is encoded.
void append_as_written(std::string& out, std::string_view text) {
  for (const char byte : text) {
    if (static_cast<unsigned char>(byte) <= 0x20 || static_cast<unsigned char>(byte) >= 0x7F) {
      append_percent(out, byte);
    } else {
      out += byte;
    }
  }
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  append_form_encoded(out, value);
}

bool is_name_byte(char byte) {
  return is_alphanumeric(byte) || byte == '.' || byte == '-' || byte == '_';
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  if (std::all_of(host.begin(), host.end(), is_name_byte)) return true;
  const bool has_none_but_letters = std::all_of(host.begin(), host.end(), [](char byte) {
    return is_name_byte(byte) || static_cast<unsigned char>(byte) >= 0x80;
  });
  return has_none_but_letters && reply_detail(host) == host;  // UTF-8
}

bool is_address_literal(std::string_view host) {
  return !host.empty() && host.size() <= 64 && std::all_of(host.begin(), host.end(), [](char byte) {
    return is_alphanumeric(byte) || byte == ':' || byte == '.' || byte == '%';
  });
}

result<std::uint16_t> parse_port(std::string_view url, std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535)
    return bad_url(url, "the port is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

result<http_url> split_authority(std::string_view url, http_url out) {
  std::string_view rest = out.authority;
  if (rest.find('@') != std::string_view::npos) return bad_url(url, "a user name in a URL is not supported");
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return bad_url(url, "']' is missing");
    out.host = rest.substr(1, close - 1);
    if (!is_address_literal(out.host)) return bad_url(url, "no address between '[' and ']'");
    rest.remove_prefix(close + 1);
  } else {
    out.host = rest.substr(0, rest.find(':'));
    if (!is_host_name(out.host)) return bad_url(url, "no host");
    rest.remove_prefix(out.host.size());
  }
  if (rest.empty() || rest == ":") return out;
  if (rest.front() != ':') return bad_url(url, "text after ']'");
  TREATY_TRY(out.port, parse_port(url, rest.substr(1)));
  return out;
}

bool has_scheme(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  return colon != std::string_view::npos && colon > 0 && colon < reference.find_first_of("/?#");
}

// "/a/./b/../c" -> "/a/c"
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);  // with the slash before it
    path.remove_prefix(end);
    const bool goes_up = segment == "/..";
    if (goes_up) out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
    if (!goes_up && segment != "/.") {
      out += segment;
    } else if (path.empty()) {
      out += '/';
    }
  }
  return out;
}

void replace_first(std::string& text, std::string_view what, std::string_view by) {
  if (const std::size_t at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
}

}  // namespace

branch_route route_of(branch_protocol protocol, std::string_view url) {
  const bool is_http = protocol == branch_protocol::http || url.starts_with("http://") || url.starts_with("https://");
  if (!is_http) return branch_route::grpc;
  if (protocol == branch_protocol::json_rpc && url.find("method") != std::string_view::npos)
    return branch_route::json_rpc;
  return branch_route::http;
}

result<http_url> parse_http_url(std::string_view url) {
  http_url out;
  std::size_t scheme_length = 7;
  if (starts_with_no_case(url, "https://")) {
    out.scheme = http_scheme::tls;
    out.port = 443;
    scheme_length = 8;
  } else if (!starts_with_no_case(url, "http://")) {
    return bad_url(url, "neither http:// nor https:// at its start");
  }
  if (std::any_of(url.begin(), url.end(), is_control)) return bad_url(url, "a control character in it");
  url = url.substr(0, url.find('#'));
  const std::size_t host_end = std::min(url.find_first_of("/?", scheme_length), url.size());
  out.origin = url.substr(0, host_end);
  out.authority = url.substr(scheme_length, host_end - scheme_length);
  const std::size_t path_end = std::min(url.find('?', host_end), url.size());
  out.path = url.substr(host_end, path_end - host_end);
  if (path_end < url.size()) out.query = url.substr(path_end + 1);
  return split_authority(url, out);
}

std::string request_target(const http_url& url) {
  std::string out;
  out.reserve(url.path.size() + url.query.size() + 96);
  if (url.path.empty()) out += '/';
  append_as_written(out, url.path);
  if (url.query.empty()) return out;
  out += '?';
  append_as_written(out, url.query);
  return out;
}

std::string branch_target(const http_url& url, const branch_call& call) {
  std::string out = request_target(url);
  append_parameter(out, url.query.empty() ? "?branch_id=" : "&branch_id=", call.id.value);
  append_parameter(out, "&gid=", call.gid);
  append_parameter(out, "&op=", call.op);
  append_parameter(out, "&trans_type=", to_string(call.type));
  return out;
}

std::string resolve_location(const http_url& base, std::string_view location) {
  if (has_scheme(location)) return std::string{location};
  std::string out{base.origin};
  if (location.starts_with("//")) {
    out.resize(out.find("//"));
    return out.append(location);
  }
  const std::string_view path = location.substr(0, location.find_first_of("?#"));
  const std::string_view after = location.substr(path.size());
  if (path.empty()) {
    out += base.path;
    if (after.starts_with('#') && !base.query.empty()) out.append("?").append(base.query);
  } else if (path.starts_with('/')) {
    out += without_dot_segments(path);
  } else {
    std::string merged{base.path.substr(0, base.path.rfind('/') + 1)};
    if (merged.empty()) merged = "/";
    out += without_dot_segments(merged.append(path));
  }
  return out.append(after);
}

std::string url_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name)
      return equals == std::string_view::npos ? std::string{} : form_decoded(pair.substr(equals + 1));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return {};
}

std::string replace_local_host(std::string_view url, std::string_view host) {
  std::string out{url};
  replace_first(out, "localhost", host);
  replace_first(out, "127.0.0.1", host);
  return out;
}

}  // namespace treaty
