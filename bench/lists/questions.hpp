#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/lists/filling.hpp"

namespace treaty::lists {

/// What an operator, a console or a DTM client asks for. Each round asks for something else of its kind (another hour,
/// another gid), so that no cache knows the answer.
struct question {
  std::string name;
  std::function<std::string(std::mt19937_64&)> target;
  /// What the store holds of it is found at once: an empty page that leads on would be wrong.
  bool fills_its_page = true;
};

std::vector<question> all_questions(const amounts& held, time_point newest);

}  // namespace treaty::lists
