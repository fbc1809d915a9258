// Which server a host belongs to, on one listening address: exact names, then the longest wildcard in front
// (*.example.com), then the longest behind (www.example.*), then regular expressions in the order of the
// file, then the default server.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "exchange/regex.h"
#include "net/tls.h"
#include "proto/quic.h"

namespace exchange {
class Exchange;
}

namespace proxy {

struct VirtualServer;

/// One name of a `server_name` line, checked.
struct ServerName {
  std::string text;  ///< lower case
  std::shared_ptr<const exchange::Regex> regex;

  static base::Result<ServerName> parse(std::string_view text, exchange::Variables& variables);
};

class ServerNames final : public net::TlsNames, public proto::QuicNames {
 public:
  /// The first server added stands for unknown hosts until set_default().
  void add(const VirtualServer& server);
  /// False when another server is the default already.
  bool set_default(const VirtualServer& server);

  /// `host`: lower case, no port. Captures of a regular expression are set in `exchange` (may be null).
  const VirtualServer& find(std::string_view host, exchange::Exchange* exchange) const;
  const VirtualServer& default_server() const { return *default_; }
  /// Connections to this address begin with a handshake.
  bool ssl() const { return ssl_; }
  void use_ssl() { ssl_ = true; }
  /// Connections to this address begin with a header of the PROXY protocol.
  bool proxy_protocol() const { return proxy_protocol_; }
  void use_proxy_protocol() { proxy_protocol_ = true; }
  /// The context of the server with that name; of the default server where it has none.
  const net::TlsContext* tls_context(std::string_view name) const override;
  /// Of the server with that name: `http2 on`, or all of the address by `listen ... http2`.
  bool speaks_h2(std::string_view name) const override;
  /// Whether some server here does.
  bool any_h2() const;
  void use_h2() { h2_ = true; }
  /// The server that a connection belongs to before its requests name one; `name` by SNI, or empty.
  const VirtualServer& server_of(std::string_view name) const;
  /// The same on QUIC.
  proto::QuicServer quic_server(std::string_view name) const override;
  /// All of them, for checks.
  const std::vector<const VirtualServer*>& servers() const { return servers_; }
  /// Names that a second server claims on the same address; the first keeps them, as nginx warns.
  const std::vector<std::string>& conflicts() const { return conflicts_; }

 private:
  using Table = std::unordered_map<std::string, const VirtualServer*>;
  void put(Table& table, std::string name, const VirtualServer& server, const std::string& written);

  Table exact_;
  Table front_;   // "*.example.com" under ".example.com"
  Table behind_;  // "www.example.*" under "www.example."
  std::vector<std::pair<std::shared_ptr<const exchange::Regex>, const VirtualServer*>> regexes_;
  const VirtualServer* default_ = nullptr;
  std::vector<const VirtualServer*> servers_;
  bool default_named_ = false;
  bool ssl_ = false;
  bool proxy_protocol_ = false;
  bool h2_ = false;  // by a listen line
  std::vector<std::string> conflicts_;
};

}  // namespace proxy
