#pragma once

namespace treaty {

/// Asks that the calling thread, and those that it starts from now on, run before what others on this machine do: by
/// `boost` steps of nice, 0 to 20. Takes CAP_SYS_NICE; without it nothing changes. Returns the nice value that holds.
int raise_priority(int boost);

}  // namespace treaty
