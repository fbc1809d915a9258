#include "modules/proxy_core/directives.h"

#include <algorithm>

#include "base/text.h"
#include "exchange/clusters.h"
#include "exchange/setters.h"
#include "http/syntax.h"
#include "modules/proxy_core/conf.h"
#include "modules/proxy_core/target.h"

namespace proxy_core {
namespace {

using exchange::Template;
using Result = base::Result<void>;

ProxyConf& conf_of(void* section) { return *static_cast<ProxyConf*>(section); }

// Literal URLs name their cluster once every upstream block of the file is known.
Result bind_target(Target& target, exchange::Builder& builder) {
  base::Result<OriginUrl> url = parse_url(target.written, *target.family);
  if (!url) return tl::unexpected(url.error());
  upstream::ClusterSet& clusters = *exchange::clusters(builder);
  std::shared_ptr<upstream::ClusterConf> block = clusters.find(url->endpoint.host);
  if (block && url->endpoint.port_given) {
    return base::fail("upstream \"{}\" may not have port {}", block->name, url->endpoint.port);
  }
  target.cluster = block ? block : clusters.plain(url->endpoint, target.at, *builder.diagnostics);
  target.tls = url->tls;
  target.host = url->host_field;
  target.port = url->port_text;
  target.uri = url->uri;
  return {};
}

Result make_target(void* section, const conf::Directive& directive, conf::Site& site, bool inner) {
  exchange::Builder& builder = exchange::builder_of(site);
  auto target = std::make_shared<Target>();
  target->at = directive.args[0].at;
  target->family = conf_of(section).family;
  target->written = directive.arg(0);
  base::Result<Template> url = Template::compile(directive.args[0], builder);
  if (!url) return tl::unexpected(url.error());
  if (url->is_literal()) {
    base::Result<OriginUrl> parsed = parse_url(target->written, *target->family);
    if (!parsed) return tl::unexpected(parsed.error());
    if (inner && !parsed->uri.empty()) {
      return base::fail("cannot have a URI part inside \"if\" or \"limit_except\"");
    }
    builder.later(target->at, [target, &builder] { return bind_target(*target, builder); });
  } else {
    target->url = std::move(*url);
    target->clusters = exchange::clusters(builder);
  }
  conf_of(section).target = std::move(target);
  return {};
}

// "~pattern" and "~*pattern" are regular expressions, all else is text that may have variables.
Result compile_pattern(const conf::Word& word, exchange::Builder& builder, Template& pattern,
                       std::shared_ptr<const exchange::Regex>& regex) {
  std::string_view text = word.text;
  if (text.starts_with('~')) {
    bool ignore_case = text.starts_with("~*");
    auto compiled =
        exchange::Regex::compile(text.substr(ignore_case ? 2 : 1), ignore_case, &builder.variables());
    if (!compiled) return tl::unexpected(compiled.error());
    regex = std::move(*compiled);
    return {};
  }
  base::Result<Template> compiled = Template::compile(word, builder);
  if (!compiled) return tl::unexpected(compiled.error());
  pattern = std::move(*compiled);
  return {};
}

Result add_rewrite(std::vector<Rewrite>& list, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = exchange::builder_of(site);
  Rewrite rewrite;
  Result compiled = compile_pattern(directive.args[0], builder, rewrite.pattern, rewrite.regex);
  if (!compiled) return compiled;
  base::Result<Template> replacement = Template::compile(directive.args[1], builder);
  if (!replacement) return tl::unexpected(replacement.error());
  rewrite.replacement = std::move(*replacement);
  list.push_back(std::move(rewrite));
  return {};
}

// "off" alone takes back what outer levels said: a level that names the directive inherits nothing of it
// anyway.
Result add_cookie_rewrite(std::vector<Rewrite>& list, const conf::Directive& directive, conf::Site& site) {
  if (directive.args.size() == 2) return add_rewrite(list, directive, site);
  if (directive.arg(0) != "off") return base::fail("invalid parameter \"{}\"", directive.arg(0));
  list.clear();
  return {};
}

struct FlagWord {
  std::string_view name;
  uint8_t set;
  uint8_t clear;
  std::string_view same_site;
};
constexpr FlagWord kFlagWords[] = {
    {"secure", CookieFlags::kSecure, 0, {}},
    {"nosecure", 0, CookieFlags::kSecure, {}},
    {"httponly", CookieFlags::kHttpOnly, 0, {}},
    {"nohttponly", 0, CookieFlags::kHttpOnly, {}},
    {"samesite", CookieFlags::kSameSite, 0, {}},
    {"nosamesite", 0, CookieFlags::kSameSite, {}},
    {"samesite=strict", CookieFlags::kSameSite, 0, "Strict"},
    {"samesite=lax", CookieFlags::kSameSite, 0, "Lax"},
    {"samesite=none", CookieFlags::kSameSite, 0, "None"},
};

struct IgnoredWord {
  std::string_view name;
  exchange::Ignored flag;
};
constexpr IgnoredWord kIgnoredWords[] = {
    {"X-Accel-Redirect", exchange::kIgnoreRedirect},
    {"X-Accel-Expires", exchange::kIgnoreExpires},
    {"X-Accel-Limit-Rate", exchange::kIgnoreLimitRate},
    {"X-Accel-Buffering", exchange::kIgnoreBuffering},
    {"X-Accel-Charset", exchange::kIgnoreCharset},
    {"Expires", exchange::kIgnorePlainExpires},
    {"Cache-Control", exchange::kIgnoreCacheControl},
    {"Set-Cookie", exchange::kIgnoreSetCookie},
    {"Vary", exchange::kIgnoreVary},
};

}  // namespace

Result set_pass(void* section, const conf::Directive& directive, conf::Site& site) {
  return make_target(section, directive, site, false);
}

Result set_inner_pass(void* section, const conf::Directive& directive, conf::Site& site) {
  return make_target(section, directive, site, true);
}

Result add_header(void* section, const conf::Directive& directive, conf::Site& site) {
  SetHeader header;
  header.name = directive.arg(0);
  header.id = http::find_name(header.name);
  if (!http::is_token(header.name)) return base::fail("invalid field name \"{}\"", header.name);
  if (!http::is_field_value(directive.arg(1)))
    return base::fail("control character in the value of \"{}\"", header.name);
  base::Result<Template> value = Template::compile(directive.args[1], exchange::builder_of(site));
  if (!value) return tl::unexpected(value.error());
  header.value = std::move(*value);
  conf_of(section).headers.push_back(std::move(header));
  return {};
}

Result set_version(void* section, const conf::Directive& directive, conf::Site&) {
  std::string_view version = directive.arg(0);
  if (version != "1.0" && version != "1.1" && version != "2")
    return base::fail("invalid value \"{}\", it must be 1.0, 1.1 or 2", version);
  http::Version& wanted = conf_of(section).version;
  wanted = version == "1.0"   ? http::Version::http10
           : version == "1.1" ? http::Version::http11
                              : http::Version::http2;
  return {};
}

Result set_body(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<Template> body = Template::compile(directive.args[0], exchange::builder_of(site));
  if (!body) return tl::unexpected(body.error());
  conf_of(section).body = std::move(*body);
  return {};
}

Result set_bind(void* section, const conf::Directive& directive, conf::Site& site) {
  ProxyConf& conf = conf_of(section);
  if (directive.arg(0) == "off" && directive.args.size() == 1) return {};
  base::Result<Template> bind = Template::compile(directive.args[0], exchange::builder_of(site));
  if (!bind) return tl::unexpected(bind.error());
  if (bind->is_literal() && !parse_bind(bind->literal()).known()) {
    return base::fail("invalid address \"{}\"", bind->literal());
  }
  conf.bind = std::move(*bind);
  if (directive.args.size() < 2) return {};
  if (directive.arg(1) != "transparent") return base::fail("invalid parameter \"{}\"", directive.arg(1));
  conf.bind_transparent = true;
  return {};
}

Result set_next_upstream(void* section, const conf::Directive& directive, conf::Site& site) {
  uint32_t on = 0;
  bool off = false;
  for (const conf::Word& word : directive.args) {
    uint32_t trouble = upstream::find_trouble(word.text);
    off = off || word.text == "off";
    if (trouble == 0 && word.text != "off") {
      site.diagnostics->error(word.at, "\"{}\": invalid value \"{}\"", directive.name.text, word.text);
    }
    on |= trouble;
  }
  conf_of(section).retry.on = off ? 0 : on;
  return {};
}

Result set_buffer_size(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<uint64_t> size = base::parse_size(directive.arg(0));
  if (!size) return tl::unexpected(size.error());
  // The head of a response is kept whole, for each request under way.
  if (*size == 0 || *size > (16 << 20)) return base::fail("invalid size \"{}\": 1 to 16m", directive.arg(0));
  conf_of(section).buffer_size = *size;
  return {};
}

Result set_buffers(void* section, const conf::Directive& directive, conf::Site&) {
  std::optional<uint64_t> count = base::parse_uint(directive.arg(0));
  if (!count || *count == 0 || *count > 65536) return base::fail("invalid number \"{}\"", directive.arg(0));
  base::Result<uint64_t> size = base::parse_size(directive.arg(1));
  if (!size) return tl::unexpected(size.error());
  if (*size == 0 || *size > (64 << 20)) return base::fail("invalid size \"{}\": 1 to 64m", directive.arg(1));
  conf_of(section).buffers = {static_cast<uint32_t>(*count), *size};
  return {};
}

Result set_temp_path(void* section, const conf::Directive& directive, conf::Site& site) {
  ProxyConf& conf = conf_of(section);
  conf.temp_path = site.full_path(directive.arg(0));
  for (size_t i = 1; i < directive.args.size(); ++i) {
    std::optional<uint64_t> digits = base::parse_uint(directive.arg(i));
    if (!digits || *digits < 1 || *digits > 3)
      return base::fail("invalid level \"{}\": 1 to 3", directive.arg(i));
    conf.temp_levels[i - 1] = static_cast<uint8_t>(*digits);
  }
  exchange::builder_of(site).need_folder(conf.temp_path);
  return {};
}

Result set_store(void* section, const conf::Directive& directive, conf::Site& site) {
  ProxyConf& conf = conf_of(section);
  conf.store_at = directive.name.at;
  conf.store_path = {};
  conf.stores = directive.arg(0) != "off";
  if (directive.arg(0) == "on" || !conf.stores) return {};
  base::Result<Template> path = Template::compile(directive.args[0], exchange::builder_of(site));
  if (!path) return tl::unexpected(path.error());
  conf.store_path = std::move(*path);
  return {};
}

Result set_store_access(void* section, const conf::Directive& directive, conf::Site&) {
  struct Who {
    std::string_view name;
    uint32_t shift;
  };
  constexpr Who kWho[] = {{"user", 6}, {"group", 3}, {"all", 0}};
  uint32_t mode = 0;
  for (const conf::Word& word : directive.args) {
    size_t colon = word.text.find(':');
    std::string_view name = std::string_view(word.text).substr(0, colon);
    std::string_view rights = colon == std::string::npos ? "" : std::string_view(word.text).substr(colon + 1);
    const Who* who = std::ranges::find(kWho, name, &Who::name);
    bool known = who != std::end(kWho) && (rights == "r" || rights == "rw");
    if (!known) return base::fail("invalid value \"{}\"", word.text);
    mode |= (rights == "rw" ? 06U : 04U) << who->shift;
  }
  // As nginx: who says nothing of the user leaves it everything.
  if ((mode & 0700) == 0) mode |= 0600;
  conf_of(section).store_mode = mode;
  return {};
}

Result set_limit_rate(void* section, const conf::Directive& directive, conf::Site& site) {
  ProxyConf& conf = conf_of(section);
  base::Result<Template> rate = Template::compile(directive.args[0], exchange::builder_of(site));
  if (!rate) return tl::unexpected(rate.error());
  conf.limit_rate = std::move(*rate);
  conf.literal_rate = 0;
  if (!conf.limit_rate.is_literal()) return {};
  base::Result<uint64_t> literal = base::parse_size(directive.arg(0));
  if (!literal) return tl::unexpected(literal.error());
  conf.literal_rate = *literal;
  return {};
}

Result set_ignored(void* section, const conf::Directive& directive, conf::Site& site) {
  for (const conf::Word& word : directive.args) {
    const auto* found = std::ranges::find_if(kIgnoredWords, [&](const IgnoredWord& known) {
      return base::equals_ignoring_case(known.name, word.text);
    });
    if (found == std::end(kIgnoredWords)) {
      site.diagnostics->error(word.at, "\"{}\": invalid value \"{}\"", directive.name.text, word.text);
      continue;
    }
    conf_of(section).rules.ignored |= found->flag;
  }
  return {};
}

Result add_redirect(void* section, const conf::Directive& directive, conf::Site& site) {
  ProxyConf& conf = conf_of(section);
  if (directive.args.size() == 2) return add_rewrite(conf.redirects, directive, site);
  if (directive.arg(0) == "off") {
    conf.redirect_default = false;
    conf.redirects.clear();
  } else if (directive.arg(0) == "default") {
    conf.redirect_default = true;
  } else {
    return base::fail("invalid parameter \"{}\"", directive.arg(0));
  }
  return {};
}

Result add_cookie_domain(void* section, const conf::Directive& directive, conf::Site& site) {
  return add_cookie_rewrite(conf_of(section).cookie_domains, directive, site);
}

Result add_cookie_path(void* section, const conf::Directive& directive, conf::Site& site) {
  return add_cookie_rewrite(conf_of(section).cookie_paths, directive, site);
}

Result add_cookie_flags(void* section, const conf::Directive& directive, conf::Site& site) {
  ProxyConf& conf = conf_of(section);
  if (directive.args.size() == 1) {
    if (directive.arg(0) != "off") return base::fail("invalid parameter \"{}\"", directive.arg(0));
    conf.cookie_flags.clear();
    return {};
  }
  CookieFlags flags;
  Result compiled = compile_pattern(directive.args[0], exchange::builder_of(site), flags.cookie, flags.regex);
  if (!compiled) return compiled;
  for (size_t i = 1; i < directive.args.size(); ++i) {
    const auto* found = std::ranges::find_if(kFlagWords, [&](const FlagWord& known) {
      return base::equals_ignoring_case(known.name, directive.arg(i));
    });
    if (found == std::end(kFlagWords)) {
      site.diagnostics->error(directive.args[i].at, "\"proxy_cookie_flags\": invalid flag \"{}\"",
                              directive.arg(i));
      continue;
    }
    flags.set |= found->set;
    flags.clear |= found->clear;
    if (!found->same_site.empty()) flags.same_site = found->same_site;
  }
  conf.cookie_flags.push_back(std::move(flags));
  return {};
}

}  // namespace proxy_core
