#include "treaty/client/coordinator.hpp"

#include "client/src/wait.hpp"

namespace treaty::client {

result<std::string> coordinator::new_gid() const {
  return wait_for<std::string>([&](auto done) { async_new_gid(std::move(done)); });
}

void coordinator::async_new_gid(completion<std::string> done) const {
  way_->new_gid(std::move(done));
}

}  // namespace treaty::client
