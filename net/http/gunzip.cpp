#include "net/http/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace treaty {
namespace {

struct end_inflate {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

constexpr int gzip_only = 16 + MAX_WBITS;

}  // namespace

result<std::string> gunzip(std::string_view packed, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, gzip_only) != Z_OK) return failure{errc::unavailable, "zlib has no memory"};
  const std::unique_ptr<z_stream, end_inflate> ended_at_exit{&stream};
  std::string in{packed};  // zlib's interface wants bytes that are not const
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  std::array<char, 16 * 1024> block;
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.avail_out);
    if (out.size() > bytes_max) return failure{errc::overloaded, "unpacked it is over " + std::to_string(bytes_max)};
    if (state == Z_STREAM_END && stream.avail_in > 0) state = inflateReset(&stream);  // members may follow each other
  }
  if (state != Z_STREAM_END) return failure{errc::corrupt, "not gzip, or cut short"};
  return out;
}

}  // namespace treaty
