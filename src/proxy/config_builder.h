// From a checked tree to a Config: walks http, its servers and their locations, and resolves every section
// for each. Lives only while the configuration is built.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "exchange/builder.h"
#include "proxy/config.h"
#include "proxy/router.h"
#include "proxy/server_conf.h"
#include "proxy/tls_conf.h"

namespace proxy {

class ConfigBuilder {
 public:
  ConfigBuilder(conf::Tree tree, const BuildOptions& options, conf::Diagnostics& diagnostics);

  /// Null when diagnostics holds an error.
  std::shared_ptr<const Config> build();

 private:
  /// Where the walk is: the scopes from the main level inwards, and what they resolved to.
  struct Scope {
    std::vector<const conf::Directive*> chain;
    conf::Context context;
    const exchange::Route* outer = nullptr;
    VirtualServer* server = nullptr;
    Scope inside(const conf::Directive& directive, conf::Context inner) const;
  };

  void build_stream(const conf::Directive& stream);  // stream_builder.cc
  std::shared_ptr<void> resolve_for_stream(const conf::Section& section, const Scope& scope);
  void build_session_server(const conf::Directive& directive, const Scope& stream);
  void add_session_listen(const ListenLine& line, const stream::Server& server);
  void build_http(const conf::Directive& http);
  void build_server(const conf::Directive& directive, const Scope& http);
  void build_location(const conf::Directive& directive, const Scope& outer, LocationTree& tree);
  void build_locations(const conf::Directive& block, const Scope& scope, LocationTree& tree);
  void compile_rewrites(const conf::Directive& block, const Scope& scope, Rewrites& rewrites);
  const exchange::Route* make_route(const Scope& scope, std::string name);
  void add_listen(const ListenLine& line, const VirtualServer& server);
  Listening& listening_of(const net::Address& address);
  void check_certificates();
  void merge_under_wildcards();
  void bind_names();
  void start_modules();
  void fill_hooks(exchange::Route& route);
  template <class T>
  std::shared_ptr<T> resolve_once(const conf::Section& section, const Scope& scope) {
    void* object = conf::resolve(section, scope.chain, scope.context, *builder_);
    return std::shared_ptr<T>(static_cast<T*>(object));
  }

  BuildOptions options_;
  conf::Diagnostics& diagnostics_;
  std::shared_ptr<Config> config_;
  std::shared_ptr<exchange::Builder> builder_;
  TlsBuild tls_;
  conf::Directive main_;                              // the main level as a scope
  std::vector<const exchange::Module*> modules_;      // by priority
  std::vector<const conf::Section*> route_sections_;  // what a route carries
  struct Listen {
    net::ListenOptions options;
    bool has_options = false;
    Listening listening;
    conf::Position ssl_at;
    int lines = 0;
    const VirtualServer* last = nullptr;  // the server whose line came last: a second one of it is an error
  };
  std::vector<Listen> found_;
  std::vector<Location*> slashed_;  // prefix locations that end in "/": they may redirect to it
};

}  // namespace proxy
