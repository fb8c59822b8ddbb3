#include "net/grpc/lock_checks.hpp"

#include <absl/synchronization/mutex.h>

namespace treaty {

void stop_lock_checks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace treaty
