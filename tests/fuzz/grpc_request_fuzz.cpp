// gRPC requests: several messages, each a byte that names the method, two bytes of length, and the protobuf bytes.

#include <memory>

#include "net/grpc/request_body.hpp"
#include "net/wire/requests.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json.hpp"
#include "tests/fuzz/world.hpp"

namespace treaty::fuzz {
namespace {

class sink final : public answer_sink {
public:
  explicit sink(std::shared_ptr<int> heard) : heard_{std::move(heard)} {}
  void answer(treaty::answer) override { *heard_ += 1; }

private:
  std::shared_ptr<int> heard_;
};

class caller {
public:
  explicit caller(world& door) : door_{door} {}

  void call(std::uint8_t method, std::string_view bytes) {
    static constexpr std::array<make_event, 4> events{submit_event, prepare_event, abort_event, prepare_workflow_event};
    if (method % 8 < events.size()) return transaction(bytes, events[method % 8]);
    if (method % 8 == 7) return topic(bytes, static_cast<topic_action>(1 + method / 8 % 3));
    registration(bytes);
  }

  void expect_all_answered() const {
    for (const auto& heard : heard_) FUZZ_CHECK(*heard == 1, "answered " + std::to_string(*heard) + " times");
  }

private:
  std::shared_ptr<answer_sink> next_sink() {
    return std::make_shared<sink>(heard_.emplace_back(std::make_shared<int>(0)));
  }

  void transaction(std::string_view bytes, make_event make) {
    dtmgimp::DtmRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    auto body = body_of(request);
    if (!body) return FUZZ_CHECK(!body.error().detail.empty());
    if (!check_gid(body->gid)) return;
    const gid id = body->gid;
    auto what = make(*std::move(body));
    if (!what) return FUZZ_CHECK(!what.error().detail.empty());
    door_.offer(id, *std::move(what), bytes.size(), next_sink());
    door_.query(id, [](const result<txn_record>& found) {
      if (found) expect_describable(*found);
    });
  }

  static void expect_describable(const txn_record& record) {
    dtmgimp::DtmProgressesReply reply;
    describe(record, reply);
    dtmgimp::DtmProgressesReply read;
    FUZZ_CHECK(read.ParseFromString(reply.SerializeAsString()), "clients cannot read the reply");
    FUZZ_CHECK(read.progresses_size() == static_cast<int>(record.progress.legs.size()));
  }

  void registration(std::string_view bytes) {
    dtmgimp::DtmBranchRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    branch_body body = body_of(request);
    const gid id = body.gid;
    auto what = make_registration(std::move(body));
    if (!what) return FUZZ_CHECK(!what.error().detail.empty());
    if (check_gid(id)) door_.offer(id, event{*std::move(what)}, bytes.size(), next_sink());
  }

  void topic(std::string_view bytes, topic_action action) {
    dtmgimp::DtmTopicRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    door_.change_topic({action, request.topic(), request.url(), request.remark()}, next_sink());
  }

  world& door_;
  std::vector<std::shared_ptr<int>> heard_;
};

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treaty::fuzz;
  world door{hash_of(data, size)};
  caller client{door};
  input in{data, size};
  while (!in.empty()) {
    const std::uint8_t method = in.byte();
    client.call(method, in.counted());
  }
  door.calm_down();
  client.expect_all_answered();
  return 0;
}
