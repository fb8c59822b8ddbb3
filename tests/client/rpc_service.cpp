#include "tests/client/rpc_service.hpp"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <vector>

#include "treaty/client/grpc.hpp"

namespace treaty::client::test {

class rpc_service::service : public grpc::CallbackGenericService {
public:
  explicit service(handler what) : what_{std::move(what)} {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~service() override { server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds{5}); }

  int port() const { return port_; }

private:
  class call final : public grpc::ServerGenericBidiReactor {
  public:
    call(const handler& what, grpc::GenericCallbackServerContext& context) : what_{what}, context_{context} {
      StartRead(&request_);
    }
    void OnReadDone(bool read) override {
      if (!read) return Finish({grpc::StatusCode::INTERNAL, "no message"});
      std::vector<grpc::Slice> slices;
      static_cast<void>(request_.Dump(&slices));
      std::string message;
      for (const auto& slice : slices) message.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
      const std::string method = context_.method();
      const auto context = context_of(context_);
      const auto done = context ? what_(*context, method.substr(method.rfind('/') + 1), message)
                                : result<std::string>{context.error()};
      if (!done) return Finish(to_grpc_status(done.error()));
      const grpc::Slice slice{*done};
      reply_ = grpc::ByteBuffer{&slice, 1};
      StartWriteAndFinish(&reply_, grpc::WriteOptions{}, grpc::Status::OK);
    }
    void OnDone() override { delete this; }

  private:
    const handler& what_;
    grpc::GenericCallbackServerContext& context_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer reply_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new call{what_, *context};
  }

  handler what_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

rpc_service::rpc_service(handler what) : service_{std::make_unique<service>(std::move(what))} {}
rpc_service::~rpc_service() = default;

std::string rpc_service::address() const {
  return "127.0.0.1:" + std::to_string(service_->port());
}

}  // namespace treaty::client::test
