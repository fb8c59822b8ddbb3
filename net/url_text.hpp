#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

/// Each %XX stands for a byte; what is not of that form stands for itself, and so does a plus.
std::string percent_decoded(std::string_view text);
/// As in a query string: a plus is a blank.
std::string form_decoded(std::string_view text);
/// Adds %XX for the byte.
void append_percent(std::string& out, char byte);
/// Moves the user name and password that stand before the host of a URL out of it: "user:password", decoded. Empty:
/// there are none.
std::string take_credentials(std::string& url);
/// The URL without them, in `room` if there are any: no copy where there are none, as nearly always.
std::string_view without_login(std::string_view url, std::string& room);
/// No blank, no control character, nothing beyond ASCII.
bool is_printable(std::string_view text);
/// invalid_argument: "bad url: '<the beginning of url>'. <why>".
failure bad_url(std::string_view url, std::string_view why);

}  // namespace treaty
