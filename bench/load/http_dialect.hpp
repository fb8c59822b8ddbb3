#pragma once

#include "bench/load/dialect.hpp"
#include "bench/load/options.hpp"

namespace treaty::load {

class http_dialect final : public dialect {
public:
  http_dialect(endpoint coordinator, endpoint participants, std::size_t payload_bytes);
  request_template ask(asked what, const transaction_text& about, answered expected) const override;
  request_template register_branch(const registration& one) const override;
  request_template call(const client_call& one) const override;
  request_template at_floor(request_template request) const override;
  std::string url(std::string_view how) const override;

private:
  request_template post_to_coordinator(std::string_view route, const std::string& body) const;

  const std::string coordinator_;   // host:port
  const std::string participants_;  // host:port
  const std::string payload_;
};

}  // namespace treaty::load
