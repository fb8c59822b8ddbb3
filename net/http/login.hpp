#pragma once

#include "net/branch_client.hpp"

namespace treaty {

/// The call with a user name and password in its URL as a header, unless a branch header says who calls, as Go has it.
/// So they are in no text that tells of the call, and a redirect does not tell another host.
branch_call with_login(branch_call call);

}  // namespace treaty
