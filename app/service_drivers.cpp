#include "app/service_drivers.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "net/etcd/gozero_driver.hpp"
#include "net/service_target.hpp"

namespace treaty {
namespace {

/// DTM's `default`: nothing is registered, addresses are as given.
class address_driver final : public service_driver {
public:
  std::shared_ptr<const discovery> where() const override { return std::make_shared<const default_discovery>(); }
  std::unique_ptr<registrar> enrol() override { return nullptr; }
};

result<std::string> read_pem(std::string_view option, const std::string& file) {
  if (file.empty()) return std::string{};
  std::ifstream stream{file};
  std::stringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream || text.str().find("-----BEGIN ") == std::string::npos) {
    return failure{errc::invalid_argument,
                   std::string{option} + ": " + file + ": " + (stream ? "no PEM file" : std::strerror(errno))};
  }
  return text.str();
}

result<etcd_tls> tls_of(const config& values) {
  etcd_tls out;
  TREATY_TRY(out.authorities, read_pem("Registry.CACertFile", values.registry_ca_cert_file));
  TREATY_TRY(out.certificate, read_pem("Registry.CertFile", values.registry_cert_file));
  TREATY_TRY(out.key, read_pem("Registry.CertKeyFile", values.registry_cert_key_file));
  out.is_on = values.registry_tls == "on" || !out.authorities.empty() || !out.certificate.empty();
  return out;
}

result<gozero_options> gozero_options_of(const config& values) {
  gozero_options out;
  if (values.micro_service_target.empty()) return out;
  TREATY_TRY(registry_target where, parse_registry_target(values.micro_service_target));
  out.key = std::move(where.key);
  out.value = values.micro_service_end_point;
  out.cluster.endpoints = std::move(where.endpoints);
  out.cluster.user = std::move(where.user);
  out.cluster.password = std::move(where.password);
  TREATY_TRY(out.cluster.tls, tls_of(values));
  return out;
}

}  // namespace

result<std::unique_ptr<service_driver>> make_service_driver(const config& values, prometheus::Registry& metrics) {
  std::unique_ptr<service_driver> made = std::make_unique<address_driver>();
  if (values.micro_service_driver == "dtm-driver-gozero") {
    TREATY_TRY(gozero_options options, gozero_options_of(values));
    made = make_gozero_driver(std::move(options), metrics);
  }
  return made;
}

}  // namespace treaty
