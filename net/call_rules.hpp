#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/definition.hpp"

namespace treaty {

/// Errors: invalid_argument: a name or value that cannot stand in a header.
result<void> check_headers(const std::map<std::string, std::string>& headers);

/// Whether any call of that URL could be made; only http and https are looked at, as a driver may take what else there
/// is. Errors: invalid_argument; an empty URL is none.
result<void> check_callable(std::string_view url);

/// Refuses what fails in every round, whoever is called: URLs as above, and branch headers that neither HTTP nor gRPC
/// can send. Errors: invalid_argument.
result<void> check_callable(const txn_definition& what);

}  // namespace treaty
