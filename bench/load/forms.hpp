#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treaty::load {

enum class mode : std::uint8_t { saga, message, tcc, workflow };
enum class branch_order : bool { serial, concurrent };
enum class outcome : bool { commit, rollback };

/// One form of transaction: what it is made of and how it ends.
struct transaction_form {
  mode of = mode::saga;
  std::size_t branches = 0;  // 0: as many as are usual: 2, of a message 1
  branch_order order = branch_order::serial;
  load::outcome outcome = load::outcome::commit;
  bool wait_result = false;
};

/// One form among those that a run mixes.
struct mixed_form {
  transaction_form form;
  unsigned weight = 1;
};

/// What it has, or what is usual.
std::size_t branches_of(const transaction_form& form);
/// What the command line and the reports call it, for example "saga-10-concurrent".
std::string name_of(const transaction_form& form);
std::string_view name_of(mode of);
std::optional<mode> mode_named(std::string_view name);

/// What makes no sense about it; nothing when all does.
std::optional<std::string> complaint_about(const transaction_form& form);

/// "saga:6,saga-rollback:1,tcc": forms by name, each with its share of the transactions. Nothing when that is no mix.
std::optional<std::vector<mixed_form>> parse_mix(std::string_view text);

/// Gives each form its turns, as often as its weight says and as evenly as can be: always in the same order.
class turns {
public:
  explicit turns(std::vector<unsigned> weights);
  std::size_t next();

private:
  std::vector<unsigned> weights_;
  std::vector<std::int64_t> credits_;
  std::int64_t sum_ = 0;
};

}  // namespace treaty::load
