#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tests/crash/lives.hpp"
#include "tests/crash/story.hpp"

namespace treaty::crash {

enum class door_kind : std::uint8_t { http, json_rpc, grpc };

/// One way to speak to the coordinator. A request is the body of DTM's HTTP API, whatever the way.
class door {
public:
  door() = default;
  door(const door&) = delete;
  door& operator=(const door&) = delete;
  virtual ~door() = default;
  /// `what`: submit, prepare, abort, registerBranch, prepareWorkflow. Blocks.
  virtual said ask(const std::string& what, const nlohmann::json& body) = 0;
};

/// For one life of the coordinator.
std::unique_ptr<door> open_door(door_kind kind, endpoints at);

}  // namespace treaty::crash
