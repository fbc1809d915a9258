#include "proxy/config_builder.h"

#include <unistd.h>

#include <algorithm>

#include "conf/parser.h"
#include "exchange/core_conf.h"
#include "exchange/tls_setters.h"
#include "proxy/http2_conf.h"
#include "proxy/quic_conf.h"

namespace proxy {

using exchange::Module;
using exchange::Route;

namespace {

constexpr uint32_t kInsideHttp =
    conf::kHttp | conf::kServer | conf::kLocation | conf::kServerIf | conf::kLocationIf | conf::kLimitExcept;

bool can_stand_in(const conf::Section& section, uint32_t contexts) {
  return std::ranges::any_of(section.rows,
                             [&](const conf::Row& row) { return (row.contexts & contexts) != 0; });
}

const conf::Directive* find_block(const std::vector<conf::Directive>& directives, std::string_view name) {
  for (const conf::Directive& directive : directives) {
    if (directive.name.text == name) return &directive;
  }
  return nullptr;
}

}  // namespace

ConfigBuilder::Scope ConfigBuilder::Scope::inside(const conf::Directive& directive,
                                                  conf::Context inner) const {
  Scope scope = *this;
  scope.chain.push_back(&directive);
  scope.context = inner;
  return scope;
}

ConfigBuilder::ConfigBuilder(conf::Tree tree, const BuildOptions& options, conf::Diagnostics& diagnostics)
    : options_(options),
      diagnostics_(diagnostics),
      config_(new Config()),
      builder_(std::make_shared<exchange::Builder>()),
      tls_(*builder_) {
  config_->tree_ = std::move(tree);
  config_->router_ = std::make_unique<Router>();
  modules_.assign(options.modules.begin(), options.modules.end());
  std::ranges::stable_sort(modules_, {}, &Module::priority);
  builder_->diagnostics = &diagnostics;
  builder_->prefix = options.prefix;
  builder_->conf_prefix = options.conf_prefix;
  builder_->segments = options.segments;
  builder_->test_only = options.test_only;
  main_.block = config_->tree_.directives;
  main_.has_block = true;
  builder_->compat = options.compat || find_block(main_.block, "compat") != nullptr;
}

std::shared_ptr<const Config> ConfigBuilder::build() {
  std::vector<const conf::Section*> sections = all_sections(modules_);
  conf::check(config_->tree_, sections, diagnostics_);
  for (const conf::Section* section : sections) {
    if (can_stand_in(*section, kInsideHttp) && section != &ServerConf::kSection &&
        section != &TlsConf::kSection && section != &QuicConf::kSection && section != &kRewriteSection) {
      route_sections_.push_back(section);
    }
  }
  Scope main{{&main_}, conf::kMain};
  config_->main_ = resolve_once<MainConf>(MainConf::kSection, main);
  config_->main_->compat_nginx = builder_->compat;
  const conf::Directive* events = find_block(main_.block, "events");
  Scope events_scope = events != nullptr ? main.inside(*events, conf::kEvents) : main;
  config_->events_ = resolve_once<EventsConf>(EventsConf::kSection, events_scope);

  if (const conf::Directive* http = find_block(main_.block, "http")) build_http(*http);
  if (const conf::Directive* block = find_block(main_.block, "stream")) build_stream(*block);
  bind_names();
  if (diagnostics_.failed()) return nullptr;
  start_modules();
  if (diagnostics_.failed()) return nullptr;

  config_->modules_ = modules_;
  config_->has_keys_ = tls_.has_keys() || exchange::has_tls_client_keys(*builder_);
  config_->variables_ = builder_->take_variables();
  config_->stream_.variables = builder_->take_stream_variables();
  config_->folders_ = builder_->folders();
  for (const auto& [path, file] : builder_->log_files()) config_->log_files_.push_back(file);
  config_->builder_ = builder_;
  return config_;
}

void ConfigBuilder::build_http(const conf::Directive& http) {
  for (const Module* module : modules_) {
    if (module->add_variables != nullptr) module->add_variables(*builder_);
  }
  Scope scope = Scope{{&main_}, conf::kMain}.inside(http, conf::kHttp);
  scope.outer = make_route(scope, "http");
  config_->http2_recv_buffer_ = scope.outer->get<Http2Conf>(Http2Conf::kSection).recv_buffer_size;
  for (const conf::Directive& directive : http.block) {
    if (directive.name.text == "server" && directive.has_block) build_server(directive, scope);
  }
  check_certificates();
  merge_under_wildcards();
  base::Result<void> memory = tls_.open_memory();
  bool any_quic = std::ranges::any_of(found_, [](const Listen& listen) { return listen.options.quic; });
  if (memory && any_quic) memory = open_quic_memory(*builder_);
  if (!memory) diagnostics_.error({}, "{}", memory.error().message);
}

void ConfigBuilder::build_server(const conf::Directive& directive, const Scope& http) {
  Scope scope = http.inside(directive, conf::kServer);
  auto owned = std::make_unique<VirtualServer>();
  VirtualServer& server = *owned;
  config_->router_->servers_.push_back(std::move(owned));
  scope.server = &server;

  auto own = resolve_once<ServerConf>(ServerConf::kSection, scope);
  server.names = own->names;
  if (!server.names.empty()) server.first_name = server.names.front();
  if (server.first_name.starts_with('.')) server.first_name.erase(0, 1);
  for (const std::string& name : own->names) {
    auto parsed = ServerName::parse(name, builder_->variables());
    if (!parsed)
      diagnostics_.error(directive.name.at, "{}", parsed.error().message);
    else
      server.server_names.push_back(std::move(*parsed));
  }
  auto tls = resolve_once<TlsConf>(TlsConf::kSection, scope);
  bool listens_to_quic = std::ranges::any_of(own->listens, &ListenLine::quic);
  bool listens_with_tls = listens_to_quic || std::ranges::any_of(own->listens, &ListenLine::ssl);
  if (listens_with_tls || !tls->certificates.empty()) server.tls = tls_.context(*tls);
  if (listens_to_quic) server.quic_keys = tls_.quic_keys(*tls);
  server.http3 = resolve_once<QuicConf>(QuicConf::kSection, scope)->http3;
  server.route = make_route(scope, "");
  scope.outer = server.route;
  compile_rewrites(directive, scope, server.rewrites);
  build_locations(directive, scope, server.locations);

  if (own->listens.empty()) {
    ListenLine line;
    line.at = directive.name.at;
    line.addresses.push_back(net::Address::any(AF_INET, geteuid() == 0 ? 80 : 8000));
    own->listens.push_back(std::move(line));
  }
  for (const ListenLine& line : own->listens) add_listen(line, server);
}

void ConfigBuilder::build_locations(const conf::Directive& block, const Scope& scope, LocationTree& tree) {
  for (const conf::Directive& directive : block.block) {
    if (directive.name.text == "location" && directive.has_block) build_location(directive, scope, tree);
  }
  tree.finish();
}

void ConfigBuilder::build_location(const conf::Directive& directive, const Scope& outer, LocationTree& tree) {
  const conf::Position at = directive.args.empty() ? directive.name.at : directive.args[0].at;
  auto parsed = Location::parse(directive, *builder_);
  if (!parsed) {
    diagnostics_.error(at, "{}", parsed.error().message);
    return;
  }
  Location& location = **parsed;
  Scope scope = outer.inside(directive, conf::kLocation);
  std::string name;
  for (const conf::Word& word : directive.args) name += (name.empty() ? "" : " ") + word.text;
  location.route = make_route(scope, name);
  scope.outer = location.route;
  compile_rewrites(directive, scope, location.rewrites);
  if (const conf::Directive* except = find_block(directive.block, "limit_except")) {
    location.limit_except = std::make_unique<LimitExcept>();
    for (const conf::Word& method : except->args) location.limit_except->methods.push_back(method.text);
    location.limit_except->route =
        make_route(scope.inside(*except, conf::kLimitExcept), name + " limit_except");
  }
  build_locations(directive, scope, location.nested);
  if (location.kind == Location::Kind::prefix && location.text.ends_with('/')) slashed_.push_back(&location);
  base::Result<void> added = tree.add(std::move(*parsed));
  if (!added) diagnostics_.error(at, "{}", added.error().message);
}

void ConfigBuilder::compile_rewrites(const conf::Directive& block, const Scope& scope, Rewrites& rewrites) {
  conf::Context inner = scope.context == conf::kServer ? conf::kServerIf : conf::kLocationIf;
  rewrites.compile(block, *builder_, [&](const conf::Directive& directive) {
    return make_route(scope.inside(directive, inner), scope.outer->name + " if");
  });
}

const Route* ConfigBuilder::make_route(const Scope& scope, std::string name) {
  auto owned = std::make_unique<Route>();
  Route& route = *owned;
  config_->router_->routes_.push_back(std::move(owned));
  route.name = std::move(name);
  exchange::set_prefixes(route, scope.chain);
  route.server = scope.server;
  builder_->context = scope.context;
  for (const conf::Section* section : route_sections_) {
    std::shared_ptr<void> object;
    if (scope.outer != nullptr && conf::resolves_as_outer(*section, scope.chain, scope.context, *builder_)) {
      for (const auto& [kind, outer] : scope.outer->sections) {
        if (kind == section) object = outer;
      }
    } else {
      object = std::shared_ptr<void>(conf::resolve(*section, scope.chain, scope.context, *builder_),
                                     section->destroy);
    }
    route.sections.emplace_back(section, std::move(object));
  }
  route.core = static_cast<const exchange::CoreConf*>(route.find(exchange::CoreConf::kSection));
  return &route;
}

void ConfigBuilder::add_listen(const ListenLine& line, const VirtualServer& server) {
  for (const net::Address& address : line.addresses) {
    auto found = std::ranges::find_if(
        found_, [&](const Listen& l) { return l.options.address == address && l.options.quic == line.quic; });
    if (found == found_.end()) {
      found = found_.emplace(found_.end());
      found->options = line.options;
      found->options.address = address;
      found->has_options = line.has_options;
    } else if (found->last == &server) {
      diagnostics_.error(line.at, "a duplicate listen {}", address.text());
      continue;
    } else if (line.has_options) {
      if (found->has_options) diagnostics_.error(line.at, "duplicate listen options for {}", address.text());
      found->options = line.options;
      found->options.address = address;
      found->has_options = true;
    }
    found->last = &server;
    const ServerNames& names = found->listening.names;
    bool same = names.ssl() == (line.ssl || line.quic) && names.proxy_protocol() == line.proxy_protocol;
    if (found->lines++ > 0 && !same)
      diagnostics_.warn(line.at, "protocol options redefined for {}", address.text());
    if ((line.ssl || line.quic) && !found->listening.names.ssl()) {
      found->listening.names.use_ssl();
      found->ssl_at = line.at;
    }
    if (line.proxy_protocol) found->listening.names.use_proxy_protocol();
    if (line.http2) found->listening.names.use_h2();
    found->listening.names.add(server);
    if (line.default_server && !found->listening.names.set_default(server)) {
      diagnostics_.error(line.at, "a duplicate default server for {}", address.text());
    }
    for (const std::string& name : found->listening.names.conflicts()) {
      diagnostics_.warn(line.at, "conflicting server name \"{}\" on {}, ignored", name, address.text());
    }
  }
}

// Whoever comes to a TLS address must find a certificate: the server's own, or the default server's.
void ConfigBuilder::check_certificates() {
  for (const Listen& listen : found_) {
    const ServerNames& names = listen.listening.names;
    if (!names.ssl()) continue;
    if (diagnostics_.failed()) return;
    const net::TlsContext* fallback = names.default_server().tls.get();
    bool every =
        std::ranges::all_of(names.servers(), [](const VirtualServer* s) { return s->tls != nullptr; });
    if (fallback != nullptr && (every || !fallback->options().certificates.empty())) continue;
    diagnostics_.error(listen.ssl_at, "no \"ssl_certificate\" is defined for the \"listen ... {}\" directive",
                       listen.options.quic ? "quic" : "ssl");
  }
}

void ConfigBuilder::merge_under_wildcards() {
  auto wildcard_for = [&](const net::Address& address, bool quic) {
    return std::ranges::find_if(found_, [&](const Listen& other) {
      const net::Address& wide = other.options.address;
      return other.options.quic == quic && wide.is_wildcard() && wide.family() == address.family() &&
             wide.port() == address.port();
    });
  };
  std::vector<Listen*> own;
  for (Listen& listen : found_) {
    const net::Address& address = listen.options.address;
    auto wide = address.is_unix() || address.is_wildcard() ? found_.end()
                                                           : wildcard_for(address, listen.options.quic);
    if (wide == found_.end())
      own.push_back(&listen);
    else
      wide->listening.specific.emplace_back(address, std::move(listen.listening.names));
  }
  for (Listen* listen : own) {
    config_->listeners_.push_back(listen->options);
    config_->router_->listeners_.push_back(std::move(listen->listening));
  }
}

void ConfigBuilder::bind_names() {
  // Actions may ask for more actions.
  for (auto actions = builder_->take_later(); !actions.empty(); actions = builder_->take_later()) {
    for (exchange::Builder::Later& action : actions) {
      builder_->enter(action.realm);
      base::Result<void> done = action.action();
      if (!done) diagnostics_.error(action.at, "{}", done.error().message);
    }
  }
  builder_->enter(exchange::Realm::http);
}

void ConfigBuilder::start_modules() {
  for (const auto& route : config_->router_->routes_) {
    if (route->server != nullptr) fill_hooks(*route);
    builder_->routes.push_back(route.get());
  }
  for (Location* location : slashed_) {
    location->redirects_to_slash = std::ranges::any_of(location->route->on_request, [](const auto& hook) {
      return hook.module->priority == exchange::priority::proxy_core;
    });
  }
  for (const Module* module : modules_) {
    if (module->on_init == nullptr) continue;
    base::Result<void> started = module->on_init(*module, *builder_);
    if (!started) diagnostics_.error({}, "{}: {}", module->name, started.error().message);
  }
}

void ConfigBuilder::fill_hooks(Route& route) {
  auto place = [&](auto& hooks, auto function, const Module* module, const void* conf, bool reverse) {
    if (function == nullptr) return;
    if (reverse)
      hooks.insert(hooks.begin(), {function, module, conf});
    else
      hooks.push_back({function, module, conf});
  };
  for (const Module* module : modules_) {
    const void* conf = module->section != nullptr ? route.find(*module->section) : nullptr;
    std::string reason = module->active != nullptr ? module->active(conf, route) : "always";
    if (reason.empty()) continue;
    route.reasons.emplace_back(module, std::move(reason));
    place(route.on_request, module->on_request, module, conf, false);
    place(route.on_upstream_request, module->on_upstream_request, module, conf, false);
    place(route.on_upstream_response, module->on_upstream_response, module, conf, false);
    place(route.on_response, module->on_response, module, conf, true);
    place(route.on_log, module->on_log, module, conf, true);
  }
}

}  // namespace proxy
