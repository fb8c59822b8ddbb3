#pragma once

#include <string>
#include <string_view>

// What clients send, in usual sizes.
namespace treaty::micro {

inline constexpr std::string_view payload = R"({"amount":30,"from":"account-0001","to":"account-0002"})";

/// About 600 bytes of JSON: a saga of two steps.
inline std::string submit_body() {
  return R"({"gid":"cmjz5qujUXwLGqinEj6dqj","trans_type":"saga","concurrent":false,"steps":[)"
         R"({"action":"http://bank-a.internal:8081/api/busi/TransOut",)"
         R"("compensate":"http://bank-a.internal:8081/api/busi/TransOutRevert"},)"
         R"({"action":"http://bank-b.internal:8081/api/busi/TransIn",)"
         R"("compensate":"http://bank-b.internal:8081/api/busi/TransInRevert"}],)"
         R"("payloads":["{\"amount\":30,\"from\":\"account-0001\",\"to\":\"account-0002\"}",)"
         R"("{\"amount\":30,\"from\":\"account-0001\",\"to\":\"account-0002\"}"],"protocol":"http",)"
         R"("branch_headers":{"x-tenant":"t-17","x-trace":"4bf92f3577b34da6a3ce929d0e0e4736"},"request_timeout":5})";
}

/// The same as a whole HTTP request, with the headers of Go's client.
inline std::string http_submit() {
  const std::string body = submit_body();
  return "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: dtm.internal:36789\r\nUser-Agent: go-resty/2.7.0 "
         "(https://github.com/go-resty/resty)\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n" + body;
}

/// The same as a JSON-RPC request's body.
inline std::string json_rpc_submit() {
  return R"({"jsonrpc":"2.0","method":"submit","id":"1","params":)" + submit_body() + "}";
}

}  // namespace treaty::micro
