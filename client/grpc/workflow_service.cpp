#include <grpcpp/server_context.h>

#include "proto/workflow.grpc.pb.h"
#include "treaty/client/grpc.hpp"
#include "treaty/client/workflow.hpp"

namespace treaty::client {
namespace {

class workflow_service final : public ::workflow::Workflow::Service {
public:
  explicit workflow_service(workflow_engine& engine) : engine_{engine} {}

  grpc::Status Execute(grpc::ServerContext* call, const ::workflow::WorkflowData* input,
                       google::protobuf::Empty*) override {
    const auto context = context_of(*call);
    if (!context) return to_grpc_status(context.error());
    const auto ran = engine_.resume(*context, input->data());
    return to_grpc_status(ran ? result<void>{} : ran.error());
  }

private:
  workflow_engine& engine_;
};

}  // namespace

std::shared_ptr<grpc::Service> make_workflow_service(workflow_engine& engine) {
  return std::make_shared<workflow_service>(engine);
}

}  // namespace treaty::client
