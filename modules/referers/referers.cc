#include "modules/referers/referers.h"

#include "base/text.h"
#include "exchange/exchange.h"
#include "exchange/server.h"
#include "exchange/setters.h"

namespace referers {
namespace {

using exchange::Exchange;
using exchange::Value;

constexpr size_t kLongestHost = 255;

/// A name that a Referer may have, and what its path must begin with.
struct Name {
  enum class Kind : uint8_t { exact, front, behind } kind = Kind::exact;
  std::string host;  ///< lower case; front: ".example.com", behind: "www.example."
  std::string path;
};

struct Conf {
  bool stands = false;
  bool none = false;
  bool blocked = false;
  bool server_names = false;
  std::vector<Name> names;
  std::vector<std::shared_ptr<const exchange::Regex>> regexes;
};

base::Result<Name> parse_name(std::string_view text) {
  Name name;
  size_t slash = text.find('/');
  if (slash != std::string_view::npos) name.path = std::string(text.substr(slash));
  std::string host = base::lower(text.substr(0, slash));
  if (host.empty()) return base::fail("invalid name \"{}\"", text);
  if (host.starts_with("*.") || host.starts_with('.')) {
    name.kind = Name::Kind::front;
    name.host = host.substr(host.find('.'));
  } else if (host.ends_with(".*")) {
    name.kind = Name::Kind::behind;
    name.host = host.substr(0, host.size() - 1);
  } else {
    name.host = host;
  }
  if (name.host.find('*') != std::string::npos)
    return base::fail("invalid hostname or wildcard \"{}\"", text);
  return name;
}

base::Result<void> set_referers(void* section, const conf::Directive& directive, conf::Site& site) {
  Conf& conf = *static_cast<Conf*>(section);
  conf.stands = true;
  for (const conf::Word& word : directive.args) {
    std::string_view text = word.text;
    if (text == "none") {
      conf.none = true;
    } else if (text == "blocked") {
      conf.blocked = true;
    } else if (text == "server_names") {
      conf.server_names = true;
    } else if (text.starts_with('~')) {
      auto regex = exchange::Regex::compile(text.substr(1), true, &exchange::builder_of(site).variables());
      if (!regex) return tl::unexpected(regex.error());
      conf.regexes.push_back(std::move(*regex));
    } else {
      base::Result<Name> name = parse_name(text);
      if (!name) return tl::unexpected(name.error());
      conf.names.push_back(std::move(*name));
      // ".example.com" is example.com too.
      if (text.starts_with('.'))
        conf.names.push_back({Name::Kind::exact, conf.names.back().host.substr(1), conf.names.back().path});
    }
  }
  return {};
}

constexpr conf::Row kRows[] = {
    {.name = "valid_referers",
     .contexts = conf::kServer | conf::kLocation,
     .syntax = "none | blocked | server_names | string ...",
     .max_args = conf::Row::kAny,
     .help = "The Referer values for which $invalid_referer is empty.",
     .set = set_referers,
     .repeat = true},
};
constexpr conf::Section kSection = conf::section<Conf>("referers", kRows);

bool fits(const Name& name, std::string_view host, std::string_view path) {
  bool host_fits = false;
  switch (name.kind) {
    case Name::Kind::exact: host_fits = host == name.host; break;
    case Name::Kind::front: host_fits = host.size() > name.host.size() && host.ends_with(name.host); break;
    case Name::Kind::behind: host_fits = host.size() > name.host.size() && host.starts_with(name.host); break;
  }
  return host_fits && path.starts_with(name.path);
}

bool is_server_name(const Exchange& exchange, std::string_view host) {
  for (const std::string& written : exchange.route->server->names) {
    if (written.starts_with('~')) continue;
    base::Result<Name> name = parse_name(written);
    if (name && fits(*name, host, {})) return true;
    if (written.starts_with('.') && base::equals_ignoring_case(host, std::string_view(written).substr(1)))
      return true;
  }
  return false;
}

bool is_valid(const Conf& conf, Exchange& exchange) {
  if (!conf.stands) return true;
  if (!exchange.request.fields.has(http::Name::referer)) return conf.none;
  std::string_view referer = exchange.request.fields.get(http::Name::referer);
  size_t scheme = base::starts_ignoring_case(referer, "http://")    ? 7
                  : base::starts_ignoring_case(referer, "https://") ? 8
                                                                    : 0;
  if (scheme == 0) return conf.blocked;
  std::string_view rest = referer.substr(scheme);
  size_t end = std::min(rest.find_first_of(":/"), rest.size());
  if (end > kLongestHost) return false;
  std::string host = base::lower(rest.substr(0, end));
  size_t slash = rest.find('/');
  std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  for (const Name& name : conf.names) {
    if (fits(name, host, path)) return true;
  }
  if (conf.server_names && is_server_name(exchange, host)) return true;
  for (const auto& regex : conf.regexes) {
    if (regex->match(rest, exchange)) return true;
  }
  return false;
}

Value invalid_referer(Exchange& exchange, std::string_view, const void*) {
  const void* conf = exchange.route == nullptr ? nullptr : exchange.route->find(kSection);
  bool valid = conf == nullptr || is_valid(*static_cast<const Conf*>(conf), exchange);
  return {valid ? "" : "1"};
}

void add_variables(exchange::Builder& builder) {
  builder.variables().define("invalid_referer", invalid_referer);
}

std::string acts_nowhere(const void*, const exchange::Route&) { return {}; }

}  // namespace

const exchange::Module kModule = {
    .name = "referers", .section = &kSection, .active = acts_nowhere, .add_variables = add_variables};

}  // namespace referers
