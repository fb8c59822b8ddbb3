#include "net/grpc/reflection_service.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <vector>

#include "proto/grpc_reflection_v1.pb.h"
#include "proto/grpc_reflection_v1alpha.pb.h"

namespace treaty {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

const DescriptorPool& pool() {
  return *DescriptorPool::generated_pool();
}

/// What the two versions of the service share; they differ by the package of their messages alone.
template <class Request, class Response>
class reflection {
public:
  static void answer(const rpc_table& methods, std::string_view message, rpc& to) {
    Request request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size())))
      return to.finish({grpc_internal, "the request is not a ServerReflectionRequest"});
    Response response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    fill(methods, request, response);
    to.send(response.SerializeAsString());
  }

private:
  static void fill(const rpc_table& methods, const Request& request, Response& into) {
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        return add_file(pool().FindFileByName(request.file_by_filename()), into);
      case Request::kFileContainingSymbol:
        return add_file(pool().FindFileContainingSymbol(request.file_containing_symbol()), into);
      case Request::kFileContainingExtension:
        return add_extension_file(request.file_containing_extension(), into);
      case Request::kAllExtensionNumbersOfType:
        return add_extension_numbers(request.all_extension_numbers_of_type(), into);
      case Request::kListServices:
        for (const std::string& name : methods.services())
          into.mutable_list_services_response()->add_service()->set_name(name);
        return;
      case Request::MESSAGE_REQUEST_NOT_SET:
        break;
    }
    refuse(grpc_invalid_argument, "the request asks for nothing", into);
  }

  template <class Extension>
  static void add_extension_file(const Extension& which, Response& into) {
    const Descriptor* const type = pool().FindMessageTypeByName(which.containing_type());
    const FieldDescriptor* const field =
        type == nullptr ? nullptr : pool().FindExtensionByNumber(type, which.extension_number());
    add_file(field == nullptr ? nullptr : field->file(), into);
  }

  static void add_extension_numbers(const std::string& name, Response& into) {
    const Descriptor* const type = pool().FindMessageTypeByName(name);
    if (type == nullptr) return refuse(grpc_not_found, "not found", into);
    std::vector<const FieldDescriptor*> fields;
    pool().FindAllExtensions(type, &fields);
    auto& out = *into.mutable_all_extension_numbers_response();
    out.set_base_type_name(name);
    for (const FieldDescriptor* const one : fields) out.add_extension_number(one->number());
  }

  static void add_file(const FileDescriptor* file, Response& into) {
    if (file == nullptr) return refuse(grpc_not_found, "not found", into);
    std::set<const FileDescriptor*> seen;
    add_with_imports(*file, seen, into);
  }

  static void add_with_imports(const FileDescriptor& file, std::set<const FileDescriptor*>& seen, Response& into) {
    if (!seen.insert(&file).second) return;
    google::protobuf::FileDescriptorProto described;
    file.CopyTo(&described);
    into.mutable_file_descriptor_response()->add_file_descriptor_proto(described.SerializeAsString());
    for (int i = 0; i < file.dependency_count(); ++i) add_with_imports(*file.dependency(i), seen, into);
  }

  static void refuse(int code, const char* why, Response& into) {
    into.mutable_error_response()->set_error_code(code);
    into.mutable_error_response()->set_error_message(why);
  }
};

}  // namespace

void add_reflection(rpc_table& methods) {
  using v1 = reflection<grpc::reflection::v1::ServerReflectionRequest, grpc::reflection::v1::ServerReflectionResponse>;
  using v1alpha = reflection<grpc::reflection::v1alpha::ServerReflectionRequest,
                             grpc::reflection::v1alpha::ServerReflectionResponse>;
  methods.add("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
              {rpc_asks::often,
               [&methods](std::string_view message, std::shared_ptr<rpc> to) { v1::answer(methods, message, *to); }});
  methods.add("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              {rpc_asks::often, [&methods](std::string_view message, std::shared_ptr<rpc> to) {
                 v1alpha::answer(methods, message, *to);
               }});
}

}  // namespace treaty
