#pragma once

#include "bench/load/dialect.hpp"
#include "bench/load/options.hpp"

namespace treaty::load {

class grpc_dialect final : public dialect {
public:
  grpc_dialect(endpoint participants, std::size_t payload_bytes);
  request_template ask(asked what, const transaction_text& about, answered expected) const override;
  request_template register_branch(const registration& one) const override;
  request_template call(const client_call& one) const override;
  request_template at_floor(request_template request) const override;
  std::string url(std::string_view how) const override;

private:
  const std::string participants_;  // host:port
  const std::string payload_;
};

}  // namespace treaty::load
