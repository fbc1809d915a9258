// The `stream` block of a configuration: servers of layer 4, each on addresses of its own.

#include <algorithm>

#include "proxy/config_builder.h"
#include "stream/session.h"

namespace proxy {

namespace {

constexpr uint32_t kInsideStream = conf::kStream | conf::kStreamServer;

bool stands_in_stream(const conf::Section& section) {
  return std::ranges::any_of(section.rows,
                             [](const conf::Row& row) { return (row.contexts & kInsideStream) != 0; });
}

}  // namespace

void ConfigBuilder::build_stream(const conf::Directive& block) {
  builder_->enter(exchange::Realm::stream);
  stream::define_session_variables(builder_->variables());
  for (const exchange::Module* module : modules_) {
    if (module->add_session_variables != nullptr) module->add_session_variables(*builder_);
  }
  Scope scope = Scope{{&main_}, conf::kMain}.inside(block, conf::kStream);
  // What only declares something (upstream, map, log_format) does so here.
  for (const exchange::Module* module : modules_) {
    if (module->section != nullptr && stands_in_stream(*module->section)) {
      config_->stream_.declared.push_back(resolve_for_stream(*module->section, scope));
    }
  }
  for (const conf::Directive& directive : block.block) {
    if (directive.name.text == "server" && directive.has_block) build_session_server(directive, scope);
  }
  builder_->enter(exchange::Realm::http);
}

std::shared_ptr<void> ConfigBuilder::resolve_for_stream(const conf::Section& section, const Scope& scope) {
  return {conf::resolve(section, scope.chain, scope.context, *builder_), section.destroy};
}

void ConfigBuilder::build_session_server(const conf::Directive& directive, const Scope& stream_scope) {
  Scope scope = stream_scope.inside(directive, conf::kStreamServer);
  auto owned = std::make_unique<stream::Server>();
  stream::Server& server = *owned;
  config_->stream_.servers.push_back(std::move(owned));
  auto conf = resolve_once<stream::ServerConf>(stream::ServerConf::kSection, scope);
  server.conf = conf.get();
  server.sections.emplace_back(std::move(conf));
  for (const exchange::Module* module : modules_) {
    if (module->section == nullptr || !stands_in_stream(*module->section)) continue;
    server.sections.push_back(resolve_for_stream(*module->section, scope));
    const void* own = server.sections.back().get();
    if (module->on_session != nullptr) server.on_session.push_back({module->on_session, own});
    if (module->on_session_log != nullptr) server.on_log.push_back({module->on_session_log, own});
  }
  for (const ListenLine& line : server.conf->listens) add_session_listen(line, server);
}

void ConfigBuilder::add_session_listen(const ListenLine& line, const stream::Server& server) {
  for (const net::Address& address : line.addresses) {
    bool taken = std::ranges::any_of(
        config_->listeners_, [&](const net::ListenOptions& other) { return other.address == address; });
    if (taken) {
      diagnostics_.error(line.at, "duplicate \"{}\" address and port pair", address.text());
      continue;
    }
    net::ListenOptions options = line.options;
    options.address = address;
    options.nodelay = server.conf->nodelay;
    config_->listeners_.push_back(options);
    config_->stream_.listeners.push_back({&server, line.proxy_protocol});
  }
}

}  // namespace proxy
