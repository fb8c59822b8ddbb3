#pragma once

namespace treaty {

/// gRPC's locks are Abseil's, and a build of Abseil without NDEBUG, such as Debian's, notes the order in which locks
/// are taken, in one graph under one spin lock for all threads: 2.5 % of the processor time under gRPC load. This ends
/// that for the process. Threads: any; repeating it is harmless.
void stop_lock_checks();

}  // namespace treaty
