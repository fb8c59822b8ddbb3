#pragma once

#include <memory>

#include "net/branch_client.hpp"
#include "net/ingress.hpp"
#include "net/notifier.hpp"
#include "storage/store.hpp"

namespace treaty {

/// What a program puts between the coordinator and the world around it, one function for each port, asked once at the
/// start (for each lane: `calls`). treatyd puts nothing there; a program that watches or disturbs what passes derives.
/// Outlives the service.
class port_layers {
public:
  port_layers() = default;
  port_layers(const port_layers&) = delete;
  port_layers& operator=(const port_layers&) = delete;
  virtual ~port_layers() = default;

  virtual std::unique_ptr<store> over(std::unique_ptr<store> kept) { return kept; }
  virtual std::shared_ptr<branch_client> over(std::shared_ptr<branch_client> calls) { return calls; }
  // What these two return outlives the service, as what they are given does.
  virtual notifier& over(notifier& tells) { return tells; }
  virtual ingress& over(ingress& door) { return door; }
};

}  // namespace treaty
