#include "exchange/variable.h"

namespace exchange {

Variables::Variables(Realm realm) {
  if (realm == Realm::http)
    define_core_variables(*this);
  else
    define_shared_variables(*this);
}

void Variables::put(Variable variable, bool built_in) {
  Definition& definition = definitions_[variable.name];
  definition.built_in = built_in;
  definition.variable = std::move(variable);
  if (definition.index != kUnused) *used_[definition.index] = definition.variable;
}

void Variables::define(std::string name, GetVariable get, const void* data, bool cached, SetVariable set) {
  put(Variable{std::move(name), {}, nullptr, get, set, data, cached}, true);
}

void Variables::define(std::string name, GetShared get, const void* data, bool cached) {
  put(Variable{std::move(name), {}, get, nullptr, nullptr, data, cached}, true);
}

void Variables::define_prefix(std::string prefix, GetVariable get, const void* data) {
  prefixes_.push_back({std::move(prefix), nullptr, get, data});
}

void Variables::define_prefix(std::string prefix, GetShared get, const void* data) {
  prefixes_.push_back({std::move(prefix), get, nullptr, data});
}

base::Result<void> Variables::define_from_block(std::string_view name, GetShared get, const void* data,
                                                bool cached) {
  if (fixed(name)) return base::fail("the duplicate \"{}\" variable", name);
  put(Variable{std::string(name), {}, get, nullptr, nullptr, data, cached}, false);
  return {};
}

uint32_t Variables::slot(std::string_view name) {
  auto [found, added] = definitions_.try_emplace(std::string(name));
  if (added) found->second.variable.name = std::string(name);
  return use(found->second);
}

const Variables::Prefix* Variables::prefix_of(std::string_view name) const {
  const Prefix* longest = nullptr;
  for (const Prefix& prefix : prefixes_) {
    if (name.size() <= prefix.prefix.size() || !name.starts_with(prefix.prefix)) continue;
    if (longest == nullptr || prefix.prefix.size() > longest->prefix.size()) longest = &prefix;
  }
  return longest;
}

bool Variables::known(std::string_view name) const {
  return definitions_.contains(std::string(name)) || prefix_of(name) != nullptr;
}

bool Variables::fixed(std::string_view name) const {
  auto found = definitions_.find(std::string(name));
  return found != definitions_.end() && found->second.built_in && found->second.variable.set == nullptr;
}

uint32_t Variables::use(Definition& definition) {
  if (definition.index == kUnused) {
    definition.index = static_cast<uint32_t>(used_.size());
    used_.push_back(std::make_unique<Variable>(definition.variable));
  }
  return definition.index;
}

base::Result<uint32_t> Variables::find(std::string_view name) {
  auto found = definitions_.find(std::string(name));
  if (found != definitions_.end()) return use(found->second);
  const Prefix* prefix = prefix_of(name);
  if (prefix == nullptr) return base::fail("unknown \"{}\" variable", name);
  Definition& definition = definitions_[std::string(name)];
  definition.variable = Variable{std::string(name),
                                 std::string(name.substr(prefix->prefix.size())),
                                 prefix->get_shared,
                                 prefix->get,
                                 nullptr,
                                 prefix->data,
                                 false};
  return use(definition);
}

}  // namespace exchange
