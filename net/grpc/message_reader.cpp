#include "net/grpc/message_reader.hpp"

#include "net/http/gunzip.hpp"
#include "net/http2/http2_session.hpp"

namespace treaty {
namespace {

std::size_t length_in(std::string_view prefix) {
  std::size_t length = 0;
  for (const char byte : prefix.substr(1, 4)) length = length << 8 | static_cast<unsigned char>(byte);
  return length;
}

failure too_large(std::size_t length, std::size_t most) {
  return {errc::overloaded,
          "the message has " + std::to_string(length) + " bytes, the limit is " + std::to_string(most)};
}

}  // namespace

void message_reader::take(std::string_view bytes) {
  held_ += bytes;
}

result<std::optional<std::string>> message_reader::next() {
  if (held_.size() < grpc_prefix_length) return std::optional<std::string>{};
  const auto flag = static_cast<unsigned char>(held_.front());
  if (flag > 1) return failure{errc::corrupt, "the message's first byte is neither 0 nor 1"};
  const std::size_t length = length_in(held_);
  if (length > message_bytes_max_) return too_large(length, message_bytes_max_);
  if (held_.size() < grpc_prefix_length + length) return std::optional<std::string>{};
  std::string out;
  if (flag == 1) {
    TREATY_TRY(out, unpacked(std::string_view{held_}.substr(grpc_prefix_length, length)));
  } else {
    out.assign(held_, grpc_prefix_length, length);
  }
  held_.erase(0, grpc_prefix_length + length);
  if (held_.empty()) drop();  // erased bytes keep their memory
  return std::optional{std::move(out)};
}

result<std::string> message_reader::unpacked(std::string_view bytes) const {
  if (encoding_ != "gzip") return failure{errc::unsupported, "grpc-encoding '" + encoding_ + "' is not gzip"};
  auto out = gunzip(bytes, message_bytes_max_);
  if (!out) return failure{out.error().code, "the message: " + out.error().detail};
  return out;
}

void append_message(std::string& out, std::string_view message) {
  const auto prefix = grpc_prefix(message.size());
  out.append(prefix.data(), prefix.size());
  out.append(message);
}

}  // namespace treaty
