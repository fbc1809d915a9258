#include "modules/proxy_core/rewrite.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "exchange/core_conf.h"
#include "exchange/route.h"
#include "exchange/server.h"
#include "net/address.h"

namespace proxy_core {
namespace {

using exchange::Exchange;
using Text = std::optional<std::string_view>;

// The text in front is replaced by `replacement`; a regular expression replaces all.
Text replace_front(Exchange& exchange, const Rewrite& rule, std::string_view value) {
  if (rule.regex) {
    if (!rule.regex->match(value, exchange)) return std::nullopt;
    return rule.replacement.evaluate(exchange);
  }
  std::string_view pattern = rule.pattern.evaluate(exchange);
  if (!value.starts_with(pattern)) return std::nullopt;
  return exchange.arena.join(rule.replacement.evaluate(exchange), value.substr(pattern.size()));
}

Text replace_first(Exchange& exchange, const std::vector<Rewrite>& rules, std::string_view value) {
  for (const Rewrite& rule : rules) {
    if (Text replaced = replace_front(exchange, rule, value)) return replaced;
  }
  return std::nullopt;
}

// `proxy_redirect default`: the URL of proxy_pass becomes the location it stands in.
Text replace_default(Exchange& exchange, const Target& target, std::string_view value) {
  if (!target.cluster || !value.starts_with(target.written)) return std::nullopt;
  std::string_view rest = value.substr(target.written.size());
  if (!target.uri.empty()) return exchange.arena.join(exchange.route->prefix, rest);
  if (rest.empty() || rest.front() != '/') return std::nullopt;
  return rest;
}

Text replace_url(Exchange& exchange, const ProxyConf& conf, std::string_view value) {
  if (conf.redirect_default && conf.target) {
    if (Text replaced = replace_default(exchange, *conf.target, value)) return replaced;
  }
  return replace_first(exchange, conf.redirects, value);
}

// nginx makes what it wrote itself absolute, where absolute_redirect says so.
std::string_view absolute(Exchange& exchange, std::string_view location) {
  const exchange::CoreConf& core = *exchange.route->core;
  if (!core.absolute_redirect || !location.starts_with('/')) return location;
  std::string_view host = exchange.request.host;
  const std::string& name = exchange.route->server->first_name;
  if (host.empty() || (core.server_name_in_redirect && !name.empty())) host = name;
  if (host.empty()) return location;
  uint16_t port = exchange.stream.connection().local->port();
  bool usual = port == 0 || port == (exchange.request.scheme == "https" ? 443 : 80);
  std::string suffix;
  if (core.port_in_redirect && !usual) suffix = fmt::format(":{}", port);
  return exchange.arena.join(exchange.request.scheme, "://", host, suffix, location);
}

// Set-Cookie taken apart (RFC 6265 §4.1.1): "name=value", then attributes.
struct Cookie {
  struct Attribute {
    std::string_view name;
    Text value;
  };
  std::string_view name;
  std::string_view pair;
  std::vector<Attribute> attributes;
};

Cookie parse_cookie(std::string_view value) {
  Cookie cookie;
  bool first = true;
  base::split(value, ';', [&](std::string_view part) {
    size_t equals = part.find('=');
    std::string_view name = base::trim(part.substr(0, equals));
    Text text;
    if (equals != std::string_view::npos) text = base::trim(part.substr(equals + 1));
    if (!first) return cookie.attributes.push_back({name, text});
    first = false;
    cookie.name = name;
    cookie.pair = part;
  });
  return cookie;
}

std::string_view print_cookie(Exchange& exchange, const Cookie& cookie) {
  std::string text(cookie.pair);
  for (const Cookie::Attribute& attribute : cookie.attributes) {
    text.append("; ").append(attribute.name);
    if (attribute.value) text.append(1, '=').append(*attribute.value);
  }
  return exchange.arena.copy(text);
}

// A leading dot means nothing (RFC 6265 §5.2.3).
std::string_view without_dot(std::string_view domain) {
  return domain.starts_with('.') ? domain.substr(1) : domain;
}

Text replace_domain(Exchange& exchange, const std::vector<Rewrite>& rules, std::string_view value) {
  for (const Rewrite& rule : rules) {
    if (rule.regex) {
      if (Text replaced = replace_front(exchange, rule, value)) return replaced;
    } else if (base::equals_ignoring_case(without_dot(rule.pattern.evaluate(exchange)), without_dot(value))) {
      return rule.replacement.evaluate(exchange);
    }
  }
  return std::nullopt;
}

bool rewrite_attributes(Exchange& exchange, const ProxyConf& conf, Cookie& cookie) {
  bool changed = false;
  for (Cookie::Attribute& attribute : cookie.attributes) {
    if (!attribute.value) continue;
    Text replaced;
    if (base::equals_ignoring_case(attribute.name, "domain")) {
      replaced = replace_domain(exchange, conf.cookie_domains, *attribute.value);
    } else if (base::equals_ignoring_case(attribute.name, "path")) {
      replaced = replace_first(exchange, conf.cookie_paths, *attribute.value);
    }
    if (!replaced) continue;
    attribute.value = replaced;
    changed = true;
  }
  return changed;
}

void set_flag(Cookie& cookie, std::string_view name, Text value) {
  std::erase_if(cookie.attributes,
                [&](const Cookie::Attribute& a) { return base::equals_ignoring_case(a.name, name); });
  cookie.attributes.push_back({name, value});
}

bool apply_flags(Exchange& exchange, const ProxyConf& conf, Cookie& cookie) {
  struct Named {
    CookieFlags::Flag flag;
    std::string_view name;
  };
  static constexpr Named kNamed[] = {{CookieFlags::kSecure, "secure"},
                                     {CookieFlags::kHttpOnly, "httponly"},
                                     {CookieFlags::kSameSite, "samesite"}};
  for (const CookieFlags& rule : conf.cookie_flags) {
    if (!rule.applies_to(cookie.name, exchange)) continue;
    for (const Named& named : kNamed) {
      bool is_value = named.flag == CookieFlags::kSameSite && !rule.same_site.empty();
      if ((rule.set & named.flag) != 0)
        set_flag(cookie, named.name, is_value ? Text(rule.same_site) : Text());
      if ((rule.clear & named.flag) != 0) {
        std::erase_if(cookie.attributes, [&](const Cookie::Attribute& a) {
          return base::equals_ignoring_case(a.name, named.name);
        });
      }
    }
    return true;  // the first that matches counts
  }
  return false;
}

}  // namespace

Text rewrite_location(Exchange& exchange, const ProxyConf& conf, std::string_view value) {
  Text replaced = replace_url(exchange, conf, value);
  if (replaced) replaced = absolute(exchange, *replaced);
  return replaced;
}

Text rewrite_refresh(Exchange& exchange, const ProxyConf& conf, std::string_view value) {
  for (size_t at = 0; at + 4 <= value.size(); ++at) {
    if (!base::starts_ignoring_case(value.substr(at), "url=")) continue;
    Text replaced = replace_url(exchange, conf, value.substr(at + 4));
    if (replaced) replaced = exchange.arena.join(value.substr(0, at + 4), *replaced);
    return replaced;
  }
  return std::nullopt;
}

Text rewrite_cookie(Exchange& exchange, const ProxyConf& conf, std::string_view value) {
  if (conf.cookie_domains.empty() && conf.cookie_paths.empty() && conf.cookie_flags.empty())
    return std::nullopt;
  Cookie cookie = parse_cookie(value);
  bool changed = rewrite_attributes(exchange, conf, cookie);
  if (apply_flags(exchange, conf, cookie)) changed = true;
  if (!changed) return std::nullopt;
  return print_cookie(exchange, cookie);
}

}  // namespace proxy_core
