#include "modules/access_control/conf.h"

#include "exchange/setters.h"

namespace access_control {
namespace {

constexpr uint32_t kContexts = conf::kHttpServerLocation | conf::kLimitExcept;
constexpr uint32_t kAlsoStream = kContexts | conf::kStream | conf::kStreamServer;

base::Result<void> add_rule(void* section, const conf::Directive& directive, conf::Site& site) {
  Rule rule;
  rule.allow = directive.name.text == "allow";
  std::string_view text = directive.arg(0);
  if (text == "all") {
    rule.all = true;
  } else {
    base::Result<net::Cidr> set = net::Cidr::parse(text);
    if (!set) return tl::unexpected(set.error());
    if (set->had_meaningless_bits()) {
      site.diagnostics->warn(directive.args[0].at, "low address bits of {} are meaningless", text);
    }
    rule.set = *set;
  }
  static_cast<Conf*>(section)->rules.push_back(rule);
  return {};
}

base::Result<void> set_realm(void* section, const conf::Directive& directive, conf::Site& site) {
  if (directive.arg(0) == "off") return {};
  return exchange::set_template<&Conf::realm>(section, directive, site);
}

base::Result<void> set_user_file(void* section, const conf::Directive& directive, conf::Site& site) {
  conf::Word path = directive.args[0];
  if (!path.text.starts_with('/') && !path.text.starts_with('$')) path.text = site.conf_prefix + path.text;
  base::Result<exchange::Template> compiled = exchange::Template::compile(path, exchange::builder_of(site));
  if (!compiled) return tl::unexpected(compiled.error());
  static_cast<Conf*>(section)->user_file = std::move(*compiled);
  return {};
}

constexpr conf::Row kRows[] = {
    {.name = "allow",
     .contexts = kAlsoStream,
     .syntax = "address | CIDR | unix: | all",
     .help = "Lets these clients in. The first allow or deny that fits decides.",
     .set = add_rule,
     .group = "rules",
     .repeat = true},
    {.name = "deny",
     .contexts = kAlsoStream,
     .syntax = "address | CIDR | unix: | all",
     .help = "Answers these clients 403; in stream their connections are closed.",
     .set = add_rule,
     .group = "rules",
     .repeat = true},
    {.name = "auth_basic",
     .contexts = kContexts,
     .syntax = "string | off",
     .default_text = "off",
     .help = "Asks for a name and a password; the string is told to the user.",
     .set = set_realm},
    {.name = "auth_basic_user_file",
     .contexts = kContexts,
     .syntax = "file",
     .help = "The file of names and passwords.",
     .set = set_user_file},
};

}  // namespace

const conf::Section Conf::kSection = conf::section<Conf>("access", kRows);

}  // namespace access_control
