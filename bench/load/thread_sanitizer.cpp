// The load is there for the coordinator's sake. gRPC++ is not instrumented, so the thread sanitizer finds hundreds of
// races in the load's own clients and participants, and it takes seconds to look up that none of them is to be
// reported.
extern "C" const char* __tsan_default_options();
const char* __tsan_default_options() {
  return "report_bugs=0";
}
