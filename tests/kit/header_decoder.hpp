#pragma once

#include <map>
#include <string>
#include <string_view>

struct nghttp2_hd_inflater;

namespace treaty::kit {

/// Reads the blocks of headers (HPACK) that one side of an HTTP/2 connection sends, in their order.
class header_decoder {
public:
  header_decoder();
  ~header_decoder();
  header_decoder(const header_decoder&) = delete;
  header_decoder& operator=(const header_decoder&) = delete;

  /// Adds what the block says to `into`. False: it is broken.
  bool read(std::string_view block, std::map<std::string, std::string>& into);

private:
  nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace treaty::kit
