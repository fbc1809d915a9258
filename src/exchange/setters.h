// Setters for members that hold templates: `.set = exchange::set_template<&Conf::value>`.
#pragma once

#include "conf/setters.h"
#include "exchange/builder.h"
#include "exchange/template.h"

namespace exchange {

/// Sites are builders wherever sections with templates are resolved.
inline Builder& builder_of(conf::Site& site) { return static_cast<Builder&>(site); }

/// The first argument → Template.
template <auto Member>
base::Result<void> set_template(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<Template> compiled = Template::compile(directive.args.at(0), builder_of(site));
  if (!compiled) return tl::unexpected(compiled.error());
  conf::detail::member<Member>(section) = std::move(*compiled);
  return {};
}

/// Every argument, appended → std::vector<Template>.
template <auto Member>
base::Result<void> add_templates(void* section, const conf::Directive& directive, conf::Site& site) {
  for (const conf::Word& word : directive.args) {
    base::Result<Template> compiled = Template::compile(word, builder_of(site));
    if (!compiled) return tl::unexpected(compiled.error());
    conf::detail::member<Member>(section).push_back(std::move(*compiled));
  }
  return {};
}

}  // namespace exchange
