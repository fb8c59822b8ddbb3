#include "bench/load/coordinator.hpp"

#include "bench/load/process.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::load {

coordinator_under_load::coordinator_under_load(const load_options& options)
    : address_{options.target}, grpc_address_{options.grpc_target}, pid_{options.pid} {
  if (options.treatyd.empty()) return;
  directory_ = std::make_unique<kit::scratch_directory>();
  kit::treatyd_options child_options;
  child_options.config = options.store_config + (options.config.empty() ? "" : options.config + "\n");
  child_ = std::make_unique<kit::treatyd_process>(options.treatyd, directory_->path(), child_options);
  child_->start();
  address_ = endpoint{"127.0.0.1", child_->http_port()};
  grpc_address_ = endpoint{"127.0.0.1", child_->grpc_port()};
  pid_ = child_->pid();
  store_directory_ = (directory_->path() / "data").string();
  store_in_memory_ = is_in_memory(directory_->path().string());
}

coordinator_under_load::~coordinator_under_load() {
  if (child_) child_->stop();
}

}  // namespace treaty::load
