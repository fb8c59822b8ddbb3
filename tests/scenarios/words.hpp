#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/event.hpp"

/// The words of a transcript's commands, and what they stand for.
namespace treaty::scenarios {

std::vector<std::string> split(const std::string& text, char separator);
/// What stands between the quotes; empty: none.
std::string quoted(const std::string& command);
std::uint32_t to_number(const std::string& text);
/// "10s", "100ms".
std::chrono::milliseconds to_span(const std::string& text);
std::string span_text(std::chrono::nanoseconds span);
call_outcome to_outcome(const std::string& text);
trans_type to_type(const std::string& text);

/// submit|prepare <gid> <type> [<step>,<step>..|none] [option]..: saga and msg have steps.
std::shared_ptr<const txn_definition> to_definition(const std::vector<std::string>& words);

/// register <branch> [no-<op>].. (tcc, xa) | [<operation name>] [failed] (workflow)
register_requested to_registration(const std::vector<std::string>& words, trans_type type, client_token reply_to);

}  // namespace treaty::scenarios
