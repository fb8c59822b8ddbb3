// treatyd_crash: the coordinator, with places at which it can be told to die. See crash_point.hpp.
#include "app/daemon.hpp"
#include "tests/crash/points/layers.hpp"
#include "tests/crash/points/trigger.hpp"

int main(int argc, char** argv) {
  treaty::crash::arm_from_environment();
  const auto layers = treaty::crash::crashing_layers();
  return treaty::run_daemon(argc, argv, *layers);
}
