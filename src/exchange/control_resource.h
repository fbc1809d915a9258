// What the control API can be asked: each module adds its own resources when a configuration is built, and
// the keeper serves them (src/control). The floor that listens knows none of them.
//
// Handlers run in the keeper's loop, so they never block: long work is cut into slices with co_await between
// them, and stops when the client has gone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/task.h"
#include "exchange/builder.h"

namespace exchange {

class Worker;
struct Module;

/// One request to the control API, read whole, and its answer. Lives until the handler has ended.
struct ControlCall {
  ControlCall(Worker& the_worker, const Module& the_module) : worker(the_worker), module(the_module) {}

  Worker& worker;
  const Module& module;
  std::vector<std::string> names;  ///< what the stars of the resource's path stood for, decoded
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded
  std::string body;                                        ///< of the request
  bool client_gone = false;                                ///< nobody waits for the answer any more

  int status = 200;
  std::string content_type = "application/json";
  std::string answer;

  /// A parameter of the query; null when it is not there.
  const std::string* find(std::string_view name) const;
  /// Whether it is there and not "0".
  bool is_set(std::string_view name) const;
  /// Answers with {"error": text}.
  void refuse(int with_status, std::string_view text);
};

struct ControlResource {
  std::string_view method;
  std::string_view path;  ///< "/cache/*/objects": a star stands for one segment
  std::string_view help;  ///< one sentence for the list of resources
  const Module* module = nullptr;
  event::Task<void> (*handle)(ControlCall& call) = nullptr;
};

/// All of a configuration, shared under kControlKind.
struct ControlResources {
  std::vector<ControlResource> all;
};
inline constexpr std::string_view kControlKind = "control";

/// From Module::on_init.
void add_control_resource(Builder& builder, const ControlResource& resource);

/// Lets the loop have its turn in long work of the keeper.
event::Task<void> next_turn(Worker& worker);

}  // namespace exchange
