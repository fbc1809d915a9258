#include "exchange/core_setters.h"

#include "base/text.h"
#include "exchange/setters.h"
#include "net/address.h"

namespace exchange {
namespace {

constexpr base::Duration kDay = std::chrono::hours(24);

base::Result<int64_t> parse_seconds(std::string_view text) {
  base::Result<base::Duration> time = base::parse_duration(text);
  if (!time) return tl::unexpected(time.error());
  return time->count() / 1000;
}

}  // namespace

base::Result<Expires> Expires::parse(std::string_view text, bool modified) {
  Expires expires;
  if (!modified) {
    if (text == "off") return expires;
    if (text == "epoch") return expires.kind = Kind::epoch, expires;
    if (text == "max") return expires.kind = Kind::max, expires;
  }
  bool daily = text.starts_with('@');
  bool negative = text.starts_with('-');
  if (daily && modified) return base::fail("daily time cannot be used with \"modified\" parameter");
  if (daily || negative || text.starts_with('+')) text.remove_prefix(1);
  base::Result<int64_t> seconds = parse_seconds(text);
  if (!seconds) return tl::unexpected(seconds.error());
  if (daily && *seconds > kDay.count() / 1000)
    return base::fail("daily time value must be less than 24 hours");
  expires.kind = daily ? Kind::daily : modified ? Kind::modified : Kind::time;
  expires.seconds = negative ? -*seconds : *seconds;
  return expires;
}

namespace core {
namespace {

CoreConf& core_of(void* section) { return *static_cast<CoreConf*>(section); }

/// "name=value" → value, when the name is that.
std::optional<std::string_view> parameter(std::string_view argument, std::string_view name) {
  if (!argument.starts_with(name)) return std::nullopt;
  return argument.substr(name.size());
}

/// A path that may hold variables: relative ones start at the prefix when they do not begin with a variable.
base::Result<Template> path_template(const conf::Word& word, conf::Site& site) {
  conf::Word full = word;
  if (!full.text.starts_with('$')) full.text = site.full_path(full.text);
  return Template::compile(full, builder_of(site));
}

bool names_own_root(std::string_view text) {
  for (std::string_view name : {"$document_root", "${document_root}", "$realpath_root", "${realpath_root}"}) {
    if (text.find(name) != std::string_view::npos) return true;
  }
  return false;
}

Result set_file_root(std::optional<Template>& member, const std::optional<Template>& other,
                     std::string_view other_name, const conf::Directive& directive, conf::Site& site) {
  if (other) return base::fail("the directive is duplicate, \"{}\" was specified earlier", other_name);
  if (directive.arg(0).empty()) return base::fail("the path is empty");
  if (names_own_root(directive.arg(0)))
    return base::fail("the $document_root and $realpath_root variables may not be used");
  base::Result<Template> compiled = path_template(directive.args[0], site);
  if (!compiled) return tl::unexpected(compiled.error());
  member = std::move(*compiled);
  return {};
}

base::Result<AddedHeader> added_header(const conf::Directive& directive, conf::Site& site) {
  AddedHeader header;
  header.name = std::string(directive.arg(0));
  if (header.name.empty()) return base::fail("the name of the field is empty");
  for (char c : header.name) {
    if (c <= ' ' || c == ':' || c == 0x7f) return base::fail("invalid field name \"{}\"", header.name);
  }
  base::Result<Template> value = Template::compile(directive.args[1], builder_of(site));
  if (!value) return tl::unexpected(value.error());
  header.value = std::move(*value);
  if (directive.args.size() > 2) {
    if (directive.arg(2) != "always") return base::fail("invalid parameter \"{}\"", directive.arg(2));
    header.always = true;
  }
  return header;
}

Result set_rate(Template& member, const conf::Directive& directive, conf::Site& site) {
  base::Result<Template> compiled = Template::compile(directive.args[0], builder_of(site));
  if (!compiled) return tl::unexpected(compiled.error());
  if (compiled->is_literal()) {
    base::Result<uint64_t> rate = base::parse_size(compiled->literal());
    if (!rate) return tl::unexpected(rate.error());
  }
  member = std::move(*compiled);
  return {};
}

}  // namespace

Result set_root(void* section, const conf::Directive& directive, conf::Site& site) {
  CoreConf& core = core_of(section);
  conf::Directive trimmed = directive;
  std::string& path = trimmed.args[0].text;
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return set_file_root(core.root, core.alias, "alias", trimmed, site);
}

Result set_alias(void* section, const conf::Directive& directive, conf::Site& site) {
  CoreConf& core = core_of(section);
  return set_file_root(core.alias, core.root, "root", directive, site);
}

Result set_try_files(void* section, const conf::Directive& directive, conf::Site& site) {
  std::string_view last = directive.args.back().text;
  if (last.starts_with('=')) {
    std::optional<uint64_t> code = base::parse_uint(last.substr(1));
    if (!code || *code > 999) return base::fail("invalid code \"{}\"", last);
  }
  return add_templates<&CoreConf::try_files>(section, directive, site);
}

std::shared_ptr<const Types> default_types() {
  static const auto kTypes = std::make_shared<const Types>(
      Types{{"html", "text/html"}, {"gif", "image/gif"}, {"jpg", "image/jpeg"}});
  return kTypes;
}

Result add_types(void* section, const conf::Directive& directive, conf::Site& site) {
  CoreConf& core = core_of(section);
  auto read = [&](Types& types) {
    for (const conf::Directive& line : directive.block) {
      if (line.args.empty()) site.diagnostics->error(line.name.at, "no extension for \"{}\"", line.name.text);
      for (const conf::Word& extension : line.args) {
        std::string key = base::lower(extension.text);
        auto [found, added] = types.try_emplace(key, line.name.text);
        if (added || found->second == line.name.text) continue;
        site.diagnostics->warn(
            extension.at, "duplicate extension \"{}\", content type: \"{}\", previous content type: \"{}\"",
            key, line.name.text, found->second);
        found->second = line.name.text;
      }
    }
  };
  if (core.types) {  // a second block in this scope adds to the first
    auto types = std::make_shared<Types>(*core.types);
    read(*types);
    core.types = std::move(types);
    return {};
  }
  // Every location that inherits a block shares what was made of it.
  std::string name =
      fmt::format("{}:{}:{}", directive.name.at.file, directive.name.at.line, directive.name.at.column);
  core.types = builder_of(site).shared<Types>("types", name, [&] {
    auto types = std::make_shared<Types>();
    read(*types);
    return types;
  });
  return {};
}

Result set_open_file_cache(void* section, const conf::Directive& directive, conf::Site&) {
  CoreConf::OpenFileCache& cache = core_of(section).open_file_cache;
  for (const conf::Word& word : directive.args) {
    if (word.text == "off") {
      cache.max = 0;
      return {};
    }
    if (auto max = parameter(word.text, "max=")) {
      std::optional<uint64_t> count = base::parse_uint(*max);
      if (!count || *count == 0 || *count > INT32_MAX)
        return base::fail("invalid value in \"{}\"", word.text);
      cache.max = static_cast<uint32_t>(*count);
    } else if (auto inactive = parameter(word.text, "inactive=")) {
      base::Result<base::Duration> time = base::parse_duration(*inactive);
      if (!time) return tl::unexpected(time.error());
      cache.inactive = *time;
    } else {
      return base::fail("invalid parameter \"{}\"", word.text);
    }
  }
  if (cache.max == 0) return base::fail("\"open_file_cache\" must have the \"max\" parameter");
  return {};
}

Result add_error_page(void* section, const conf::Directive& directive, conf::Site& site) {
  ErrorPage page;
  size_t codes = directive.args.size() - 1;
  if (std::string_view answer = directive.arg(codes - 1); answer.starts_with('=') && codes > 0) {
    std::optional<uint64_t> status = base::parse_uint(answer.substr(1));
    if (answer.size() > 1 && (!status || *status < 100 || *status > 999))
      return base::fail("invalid value \"{}\"", answer);
    page.answer = answer.size() == 1 ? -1 : static_cast<int>(*status);
    --codes;
  }
  if (codes == 0) return base::fail("no code is named");
  for (size_t i = 0; i < codes; ++i) {
    std::optional<uint64_t> code = base::parse_uint(directive.arg(i));
    if (!code) return base::fail("invalid value \"{}\"", directive.arg(i));
    if (*code < 300 || *code > 599 || *code == 499) {
      return base::fail("value \"{}\" must be between 300 and 599, and not 499", directive.arg(i));
    }
    page.codes.push_back(static_cast<int>(*code));
  }
  base::Result<Template> target = Template::compile(directive.args.back(), builder_of(site));
  if (!target) return tl::unexpected(target.error());
  page.target = std::move(*target);
  core_of(section).error_pages.push_back(std::move(page));
  return {};
}

Result set_internal(void* section, const conf::Directive&, conf::Site&) {
  core_of(section).internal = true;
  return {};
}

Result set_server_tokens(void* section, const conf::Directive& directive, conf::Site& site) {
  CoreConf& core = core_of(section);
  using Tokens = CoreConf::ServerTokens;
  std::string_view value = directive.arg(0);
  core.server_tokens = value == "on"      ? Tokens::on
                       : value == "off"   ? Tokens::off
                       : value == "build" ? Tokens::build
                                          : Tokens::text;
  if (core.server_tokens != Tokens::text) return {};
  return set_template<&CoreConf::server_tokens_text>(section, directive, site);
}

Result add_header(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<AddedHeader> header = added_header(directive, site);
  if (!header) return tl::unexpected(header.error());
  core_of(section).headers.push_back(std::move(*header));
  return {};
}

Result add_trailer(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<AddedHeader> trailer = added_header(directive, site);
  if (!trailer) return tl::unexpected(trailer.error());
  core_of(section).trailers.push_back(std::move(*trailer));
  return {};
}

Result set_expires(void* section, const conf::Directive& directive, conf::Site& site) {
  Expires& expires = core_of(section).expires;
  bool modified = directive.arg(0) == "modified" && directive.args.size() == 2;
  if (directive.args.size() == 2 && !modified)
    return base::fail("invalid parameter \"{}\"", directive.arg(0));
  const conf::Word& value = directive.args.back();
  base::Result<Template> compiled = Template::compile(value, builder_of(site));
  if (!compiled) return tl::unexpected(compiled.error());
  if (!compiled->is_literal()) {
    // "modified" in front of a variable is kept in `seconds`.
    expires.kind = Expires::Kind::variable;
    expires.seconds = modified ? 1 : 0;
    expires.variable = std::move(*compiled);
    return {};
  }
  base::Result<Expires> parsed = Expires::parse(value.text, modified);
  if (!parsed) return tl::unexpected(parsed.error());
  expires = std::move(*parsed);
  return {};
}

Result set_limit_rate(void* section, const conf::Directive& directive, conf::Site& site) {
  return set_rate(core_of(section).limit_rate, directive, site);
}

Result set_limit_rate_after(void* section, const conf::Directive& directive, conf::Site& site) {
  return set_rate(core_of(section).limit_rate_after, directive, site);
}

Result set_satisfy(void* section, const conf::Directive& directive, conf::Site&) {
  std::string_view value = directive.arg(0);
  if (value != "all" && value != "any")
    return base::fail("invalid value \"{}\", it must be all or any", value);
  core_of(section).satisfy_any = value == "any";
  return {};
}

Result set_temp_path(void* section, const conf::Directive& directive, conf::Site& site) {
  CoreConf& core = core_of(section);
  core.client_body_temp_path = site.full_path(directive.arg(0));
  unsigned digits = 0;
  for (size_t i = 1; i < directive.args.size(); ++i) {
    std::optional<uint64_t> level = base::parse_uint(directive.arg(i));
    if (!level || *level < 1 || *level > 3) return base::fail("invalid value \"{}\"", directive.arg(i));
    core.client_body_temp_levels[i - 1] = static_cast<uint8_t>(*level);
    digits += static_cast<unsigned>(*level);
  }
  if (digits > 9) return base::fail("the levels take more digits than a name has");
  builder_of(site).need_folder(core.client_body_temp_path);
  return {};
}

Result set_large_buffers(void* section, const conf::Directive& directive, conf::Site&) {
  http::HeadLimits& head = core_of(section).head;
  std::optional<uint64_t> count = base::parse_uint(directive.arg(0));
  base::Result<uint64_t> size = base::parse_size(directive.arg(1));
  if (!count || *count == 0 || *count > 1024) return base::fail("invalid number \"{}\"", directive.arg(0));
  if (!size) return tl::unexpected(size.error());
  if (*size == 0 || *size > (64u << 20)) return base::fail("invalid size \"{}\"", directive.arg(1));
  head.large_buffer_count = static_cast<uint32_t>(*count);
  head.large_buffer_size = static_cast<uint32_t>(*size);
  return {};
}

Result set_keepalive_timeout(void* section, const conf::Directive& directive, conf::Site&) {
  http::StreamPolicy& policy = core_of(section).policy;
  base::Result<base::Duration> timeout = base::parse_duration(directive.arg(0));
  if (!timeout) return tl::unexpected(timeout.error());
  policy.keepalive_timeout = *timeout;
  if (directive.args.size() < 2) return {};
  base::Result<base::Duration> header = base::parse_duration(directive.arg(1));
  if (!header) return tl::unexpected(header.error());
  policy.keepalive_header = *header;
  return {};
}

Result set_keepalive_disable(void* section, const conf::Directive& directive, conf::Site&) {
  uint8_t browsers = CoreConf::kNoBrowser;
  for (const conf::Word& word : directive.args) {
    if (word.text == "msie6")
      browsers |= CoreConf::kMsie6;
    else if (word.text == "safari")
      browsers |= CoreConf::kSafari;
    else if (word.text != "none")
      return base::fail("invalid value \"{}\", it must be none, msie6 or safari", word.text);
  }
  core_of(section).keepalive_disable = browsers;
  return {};
}

Result read_resolver(const conf::Directive& directive, ResolverConf& resolver) {
  for (const conf::Word& word : directive.args) {
    if (auto valid = parameter(word.text, "valid=")) {
      base::Result<base::Duration> time = base::parse_duration(*valid);
      if (!time) return tl::unexpected(time.error());
      resolver.valid = *time;
    } else if (word.text == "ipv4=on" || word.text == "ipv4=off") {
      resolver.ipv4 = word.text.ends_with("on");
    } else if (word.text == "ipv6=on" || word.text == "ipv6=off") {
      resolver.ipv6 = word.text.ends_with("on");
    } else if (word.text.find('=') != std::string::npos) {
      return base::fail("invalid parameter \"{}\"", word.text);
    } else {
      base::Result<net::Endpoint> server = net::parse_origin(word.text, 53);
      if (!server || !server->address.known() || server->address.is_unix()) {
        return base::fail("\"{}\" is not the address of a name server", word.text);
      }
      resolver.servers.push_back(server->address.text());
    }
  }
  if (!resolver.ipv4 && !resolver.ipv6) return base::fail("\"ipv4\" and \"ipv6\" cannot both be \"off\"");
  if (resolver.servers.empty()) return base::fail("no name servers defined");
  return {};
}

Result set_resolver(void* section, const conf::Directive& directive, conf::Site&) {
  return read_resolver(directive, core_of(section).resolver);
}

}  // namespace core
}  // namespace exchange
