#include "net/grpc_codes.hpp"

#include "net/url_text.hpp"

namespace treaty {

std::string grpc_message_text(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  for (const char byte : message) {
    if (byte >= 0x20 && byte < 0x7F && byte != '%') {
      out += byte;
    } else {
      append_percent(out, byte);
    }
  }
  return out;
}

}  // namespace treaty
