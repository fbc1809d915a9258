#include "exchange/control_resource.h"

#include "event/cancel.h"
#include "event/sleep.h"
#include "exchange/worker.h"

namespace exchange {

const std::string* ControlCall::find(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

bool ControlCall::is_set(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr && *value != "0";
}

void ControlCall::refuse(int with_status, std::string_view text) {
  status = with_status;
  answer = "{\"error\": \"";
  for (char c : text) {
    if (c == '"' || c == '\\') answer.push_back('\\');
    answer.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
  }
  answer.append("\"}\n");
}

void add_control_resource(Builder& builder, const ControlResource& resource) {
  builder
      .shared<ControlResources>(kControlKind, "resources",
                                [] { return std::make_shared<ControlResources>(); })
      ->all.push_back(resource);
}

event::Task<void> next_turn(Worker& worker) {
  co_await event::sleep_for(worker.loop(), base::Duration(0), nullptr);
}

}  // namespace exchange
