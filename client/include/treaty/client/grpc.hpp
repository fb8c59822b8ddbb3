#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "treaty/client/coordinator.hpp"

namespace grpc {
class ChannelCredentials;
class ServerContextBase;
class Service;
}  // namespace grpc

namespace treaty::client {

struct grpc_options {
  std::chrono::milliseconds call_limit{30'000};             // of a call that has no limit of its own
  std::shared_ptr<grpc::ChannelCredentials> credentials{};  // also for branches; none: plain text
  std::map<std::string, std::string> metadata{};            // sent with every call of the coordinator
};

/// A coordinator that is spoken to over gRPC, with branches that speak gRPC: "host:port". URLs of branches are
/// host:port/package.Service/Method, their payloads serialised messages. Connects with the first call.
coordinator grpc_coordinator(std::string target, grpc_options options = {});

/// Reads what a branch service was asked to do from the metadata of the call.
/// Errors: invalid_argument, when the call does not belong to a transaction.
result<branch_context> context_of(const grpc::ServerContextBase& call);

/// The status that makes the coordinator understand `outcome`: OK, Aborted for refused, FailedPrecondition for ongoing,
/// Unknown for all else, which is repeated. Of a longer text 1,000 bytes are sent.
grpc::Status to_grpc_status(const result<void>& outcome);

class workflow_engine;
/// The service through which the coordinator has interrupted workflows run again: workflow.Workflow. The engine must
/// live longer.
std::shared_ptr<grpc::Service> make_workflow_service(workflow_engine& engine);

}  // namespace treaty::client
