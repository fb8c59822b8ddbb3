#include "tests/kit/header_decoder.hpp"

#include <nghttp2/nghttp2.h>

namespace treaty::kit {

header_decoder::header_decoder() {
  nghttp2_hd_inflate_new(&inflater_);
}

header_decoder::~header_decoder() {
  nghttp2_hd_inflate_del(inflater_);
}

bool header_decoder::read(std::string_view block, std::map<std::string, std::string>& into) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
    nghttp2_nv one;
    const ssize_t taken = nghttp2_hd_inflate_hd2(inflater_, &one, &flags, at, left, 1);
    if (taken < 0) return false;
    at += taken;
    left -= static_cast<std::size_t>(taken);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
      into[std::string(one.name, one.name + one.namelen)] = std::string(one.value, one.value + one.valuelen);
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  return true;
}

}  // namespace treaty::kit
