#include "modules/map/table.h"

#include "base/text.h"
#include "exchange/subject.h"

namespace map {

using exchange::Builder;
using exchange::Subject;
using exchange::Template;

std::shared_ptr<Table> Table::read(const conf::Directive& directive, Builder& builder) {
  auto table = std::make_shared<Table>();
  base::Result<Template> source = Template::compile(directive.args.at(0), builder);
  if (source)
    table->source_ = std::move(*source);
  else
    builder.diagnostics->error(directive.args[0].at, "\"map\": {}", source.error().message);
  // What the keys mean is known before they are read, wherever the word stands.
  for (const conf::Directive& line : directive.block) {
    if (!line.args.empty()) continue;
    if (line.name.text == "hostnames")
      table->hostnames_ = true;
    else if (line.name.text == "volatile")
      table->volatile_ = true;
    else
      builder.diagnostics->error(line.name.at, "\"map\": invalid number of the map parameters");
  }
  for (const conf::Directive& line : directive.block) {
    if (!line.args.empty()) table->read_line(line, builder);
  }
  return table;
}

void Table::read_line(const conf::Directive& line, Builder& builder) {
  auto report = [&](const conf::Word& word, const std::string& message) {
    builder.diagnostics->error(word.at, "\"map\": {}", message);
  };
  if (line.args.size() != 1 || line.has_block)
    return report(line.name, "invalid number of the map parameters");
  base::Result<Template> value = Template::compile(line.args[0], builder);
  if (!value) return report(line.args[0], value.error().message);
  uint32_t index = static_cast<uint32_t>(values_.size());
  values_.push_back(std::move(*value));
  base::Result<void> added = add_key(line.name, index, builder);
  if (!added) report(line.name, added.error().message);
}

base::Result<void> Table::add_key(const conf::Word& key, uint32_t value, Builder& builder) {
  std::string_view text = key.text;
  if (text == "default") {
    if (default_) return base::fail("duplicate default map parameter");
    default_ = value;
    return {};
  }
  if (text.starts_with('~')) {
    bool ignore_case = text.starts_with("~*");
    auto regex =
        exchange::Regex::compile(text.substr(ignore_case ? 2 : 1), ignore_case, &builder.variables());
    if (!regex) return tl::unexpected(regex.error());
    regexes_.emplace_back(std::move(*regex), value);
    return {};
  }
  if (text.starts_with('\\')) text.remove_prefix(1);
  std::string lower = base::lower(text);
  return hostnames_ ? add_host(std::move(lower), value) : add_exact(std::move(lower), value);
}

base::Result<void> Table::add_exact(std::string key, uint32_t value) {
  auto [found, added] = exact_.emplace(std::move(key), value);
  if (!added) return base::fail("conflicting parameter \"{}\"", found->first);
  return {};
}

base::Result<void> Table::add_host(std::string key, uint32_t value) {
  bool dotted = key.starts_with('.');
  if (dotted) {
    base::Result<void> exact = add_exact(key.substr(1), value);
    if (!exact) return exact;
  }
  bool front = dotted || key.starts_with("*.");
  bool behind = !front && key.ends_with(".*");
  if (!front && !behind) return add_exact(std::move(key), value);
  auto& table = front ? front_ : behind_;
  std::string stored = dotted ? key : front ? key.substr(1) : key.substr(0, key.size() - 1);
  if (stored.find('*') != std::string::npos) return base::fail("invalid hostname or wildcard \"{}\"", key);
  if (!table.emplace(std::move(stored), value).second) return base::fail("conflicting parameter \"{}\"", key);
  return {};
}

const uint32_t* Table::find_host(std::string_view host) const {
  for (size_t dot = host.find('.'); dot != std::string_view::npos && !front_.empty();
       dot = host.find('.', dot + 1)) {
    if (auto found = front_.find(std::string(host.substr(dot))); found != front_.end() && dot > 0)
      return &found->second;
  }
  for (size_t dot = host.rfind('.'); dot != std::string_view::npos && dot > 0 && !behind_.empty();
       dot = host.rfind('.', dot - 1)) {
    if (auto found = behind_.find(std::string(host.substr(0, dot + 1))); found != behind_.end())
      return &found->second;
  }
  return nullptr;
}

const Template* Table::find(std::string_view text, Subject& subject) const {
  if (hostnames_ && text.ends_with('.')) text.remove_suffix(1);
  std::string lower = base::lower(text);
  if (auto found = exact_.find(lower); found != exact_.end()) return &values_[found->second];
  if (const uint32_t* host = find_host(lower); host != nullptr) return &values_[*host];
  for (const auto& [regex, value] : regexes_) {
    if (regex->match(text, subject)) return &values_[value];
  }
  return default_ ? &values_[*default_] : nullptr;
}

std::string_view Table::value(Subject& subject) const {
  const Template* value = find(source_.evaluate(subject), subject);
  return value == nullptr ? std::string_view() : value->evaluate(subject);
}

}  // namespace map
