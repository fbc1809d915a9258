#include "modules/map/map.h"

#include "exchange/setters.h"
#include "modules/map/table.h"

namespace map {
namespace {

/// The tables belong to the http level; they live as long as the configuration.
struct Conf {
  std::vector<std::shared_ptr<const Table>> tables;
};

exchange::Value look_up(exchange::Subject& subject, std::string_view, const void* table) {
  return {static_cast<const Table*>(table)->value(subject)};
}

base::Result<void> add_map(void* section, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = exchange::builder_of(site);
  std::string_view variable = directive.arg(1);
  if (!variable.starts_with('$') || variable.size() < 2)
    return base::fail("invalid variable name \"{}\"", variable);
  auto table = Table::read(directive, builder);
  static_cast<Conf*>(section)->tables.push_back(table);
  return builder.variables().define_from_block(variable.substr(1), look_up, table.get(),
                                               !table->is_volatile());
}

constexpr conf::Row kRows[] = {
    {.name = "map",
     .contexts = conf::kHttp | conf::kStream,
     .syntax = "string $variable { key value; ... }",
     .min_args = 2,
     .max_args = 2,
     .help = "Makes a variable whose value depends on another text.",
     .set = add_map,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::free},
};
constexpr conf::Section kSection = conf::section<Conf>("map", kRows);

std::string acts_nowhere(const void*, const exchange::Route&) { return {}; }

}  // namespace

const exchange::Module kModule = {.name = "map", .section = &kSection, .active = acts_nowhere};

}  // namespace map
