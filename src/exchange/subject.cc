#include "exchange/subject.h"

#include <memory>
#include <span>

#include "net/address.h"

namespace exchange {
namespace {

// How deep variables may be made of variables: a map that names itself ends here.
constexpr int kDeepestVariable = 100;

}  // namespace

std::string_view Subject::client_text() {
  if (client_text_of_ != client) {
    client_text_of_ = client;
    client_text_ = arena.copy(client->ip_text());
  }
  return client_text_;
}

Subject::Slot& Subject::slot(uint32_t index) {
  if (slots_ == nullptr) {
    size_t count = variables_.size();
    slots_ = static_cast<Slot*>(arena.allocate(count * sizeof(Slot), alignof(Slot)));
    std::uninitialized_default_construct_n(slots_, count);
  }
  return slots_[index];
}

Value Subject::evaluate(const Variable& variable) {
  if (variable.is_slot()) {
    log(base::LogLevel::warn, "using uninitialized \"{}\" variable", variable.name);
    return {};
  }
  if (depth_ >= kDeepestVariable) {
    log(base::LogLevel::error, "cycle while evaluating variable \"{}\"", variable.name);
    return Value::none();
  }
  ++depth_;
  Value value = variable.get_shared != nullptr ? variable.get_shared(*this, variable.argument, variable.data)
                                               : evaluate_own(variable);
  --depth_;
  return value;
}

Value Subject::variable(uint32_t index) {
  if (slots_ != nullptr && slots_[index].state != Slot::State::empty) return slots_[index].value;
  const Variable& variable = variables_.at(index);
  Value value = evaluate(variable);
  if (variable.cached) {
    Slot& kept = slot(index);
    kept.value = value;
    kept.state = Slot::State::cached;
  }
  return value;
}

void Subject::set_variable(uint32_t index, std::string_view value) {
  const Variable& variable = variables_.at(index);
  if (variable.set != nullptr) return set_own(variable, value);
  Slot& kept = slot(index);
  kept.value = Value{value};
  kept.state = Slot::State::set;
}

void Subject::take_variables(const Subject& like) {
  if (like.slots_ == nullptr) return;
  for (uint32_t index = 0; index < variables_.size(); ++index) {
    const Slot& from = like.slots_[index];
    if (from.state != Slot::State::set) continue;
    Slot& to = slot(index);
    to.value = {arena.copy(from.value.text), from.value.found};
    to.state = Slot::State::set;
  }
}

void Subject::forget_cached_variables() {
  if (slots_ == nullptr) return;
  for (Slot& slot : std::span(slots_, variables_.size())) {
    if (slot.state == Slot::State::cached) slot.state = Slot::State::empty;
  }
}

void Subject::write_log(base::Log& log, base::LogLevel level, std::string text) {
  if (client != nullptr) fmt::format_to(std::back_inserter(text), ", client: {}", client->ip_text());
  describe(text);
  log.write(level, connection.id, text);
}

}  // namespace exchange
