// treatyd: the coordinator.
#include "app/daemon.hpp"

int main(int argc, char** argv) {
  treaty::port_layers nothing_between;
  return treaty::run_daemon(argc, argv, nothing_between);
}
