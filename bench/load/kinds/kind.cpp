#include "bench/load/kinds/kind.hpp"

namespace treaty::load {

transaction_kind kind_of(mode what) {
  switch (what) {
    case mode::saga:
      return saga_kind();
    case mode::message:
      return message_kind();
    case mode::tcc:
      return tcc_kind();
    case mode::workflow:
      return workflow_kind();
  }
  return {};
}

}  // namespace treaty::load
