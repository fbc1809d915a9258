// A `server` of stream with everything resolved for it. Made when the configuration is built; immutable
// afterwards; shared by all its sessions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "conf/row.h"
#include "exchange/core_conf.h"
#include "exchange/listen_line.h"
#include "exchange/module.h"
#include "exchange/template.h"
#include "upstream/cluster_conf.h"

namespace stream {

/// Where a session goes: an address or a group that the configuration names, or a text with variables that
/// says so when the session is there.
struct ProxyPass {
  std::shared_ptr<const upstream::ClusterConf> cluster;  ///< null: `text` tells
  exchange::Template text;
  std::shared_ptr<const upstream::ClusterSet> groups;  ///< that `text` may name
};

/// One `set` line.
struct SetVariable {
  uint32_t variable;
  exchange::Template value;
};

struct ServerConf {
  std::vector<exchange::ListenLine> listens;
  std::optional<ProxyPass> pass;
  std::optional<exchange::Template> answer;  ///< `return`
  exchange::Template hand_over;              ///< `pass`: an address that this process listens on; empty: none
  std::vector<SetVariable> sets;
  bool preread_hello = false;  ///< ssl_preread
  uint32_t preread_buffer_size = 16384;
  base::Duration preread_timeout{30000};
  base::Duration proxy_protocol_timeout{30000};
  bool write_proxy_protocol = false;
  exchange::Template bind;
  bool bind_transparent = false;
  exchange::Template upload_rate;  ///< bytes a second; empty or 0: no limit
  exchange::Template download_rate;
  base::Duration connect_timeout{60000};
  base::Duration timeout{120000};  ///< between two bytes in either direction
  uint32_t buffer_size = 16384;    ///< for each direction
  bool half_close = false;
  bool socket_keepalive = false;
  bool next_upstream = true;
  uint32_t next_upstream_tries = 0;         ///< 0: no limit
  base::Duration next_upstream_timeout{0};  ///< 0: no limit
  exchange::ResolverConf resolver;
  bool nodelay = true;

  static const conf::Section kSection;
};

/// One module at one hook.
template <class Function>
struct SessionHook {
  Function function;
  const void* conf;
};

struct Server {
  std::vector<std::shared_ptr<void>> sections;  ///< keeps what the others point to
  const ServerConf* conf = nullptr;
  std::vector<SessionHook<decltype(exchange::Module::on_session)>> on_session;
  std::vector<SessionHook<decltype(exchange::Module::on_session_log)>> on_log;
};

/// Behind one listening socket.
struct Listening {
  const Server* server = nullptr;
  bool proxy_protocol = false;
};

/// The `stream` block of a configuration. Empty without one.
struct Conf {
  std::vector<std::shared_ptr<void>> declared;  ///< keeps what stands around the servers
  std::vector<std::unique_ptr<Server>> servers;
  std::vector<Listening> listeners;  ///< in the order in which their sockets follow those of http
  std::unique_ptr<exchange::Variables> variables;
};

}  // namespace stream
