#include "modules/geo/geo.h"

#include "exchange/setters.h"
#include "modules/geo/table.h"

namespace geo {
namespace {

/// The tables belong to the http level; they live as long as the configuration.
struct Conf {
  std::vector<std::shared_ptr<const Table>> tables;
};

exchange::Value look_up(exchange::Subject& subject, std::string_view, const void* table) {
  return {static_cast<const Table*>(table)->value(subject)};
}

base::Result<void> add_geo(void* section, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = exchange::builder_of(site);
  for (const conf::Word& name : directive.args) {
    if (!name.text.starts_with('$') || name.text.size() < 2)
      return base::fail("invalid variable name \"{}\"", name.text);
  }
  auto table = Table::read(directive, builder);
  static_cast<Conf*>(section)->tables.push_back(table);
  std::string_view variable = directive.args.back().text;
  return builder.variables().define_from_block(variable.substr(1), look_up, table.get(),
                                               !table->is_volatile());
}

constexpr conf::Row kRows[] = {
    {.name = "geo",
     .contexts = conf::kHttp | conf::kStream,
     .syntax = "[$address] $variable { network value; ... }",
     .min_args = 1,
     .max_args = 2,
     .help = "Makes a variable whose value depends on an address.",
     .set = add_geo,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::free},
};
constexpr conf::Section kSection = conf::section<Conf>("geo", kRows);

std::string acts_nowhere(const void*, const exchange::Route&) { return {}; }

}  // namespace

const exchange::Module kModule = {.name = "geo", .section = &kSection, .active = acts_nowhere};

}  // namespace geo
