// The ssl_* directives of http and server, and the contexts and shared memory that come of them. Built by the
// master.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conf/row.h"
#include "exchange/builder.h"
#include "exchange/worker.h"
#include "net/tls.h"
#include "proto/quic.h"
#include "shm/segment.h"

namespace proxy {

struct TlsConf {
  struct Cache {
    std::string name;
    size_t size = 0;  ///< 0: named only, another line gives it
    conf::Position at;
  };

  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  net::TlsOptions options;  ///< certificates aside
  Cache shared;
  conf::Position at;  ///< of the first certificate's line

  static const conf::Section kSection;
};

/// The TLS of one configuration while it is built.
class TlsBuild {
 public:
  explicit TlsBuild(exchange::Builder& builder) : builder_(builder) {}

  /// The context that the lines of a server make; null when it has no certificate and rejects nobody, or
  /// after an error, which is reported.
  std::shared_ptr<const net::TlsContext> context(const TlsConf& conf);
  /// What the same lines make for QUIC; null as above.
  std::shared_ptr<const proto::QuicKeys> quic_keys(const TlsConf& conf);
  /// Shared memory for what the contexts share. Call when all are made.
  base::Result<void> open_memory();
  bool has_keys() const { return !contexts_.empty(); }

 private:
  exchange::Builder& builder_;
  // Servers with the same lines share one.
  std::vector<std::shared_ptr<const net::TlsContext>> contexts_;
  std::vector<std::pair<net::TlsOptions, std::shared_ptr<const proto::QuicKeys>>> quic_keys_;
  std::map<std::string, TlsConf::Cache> caches_;
};

/// In a worker: what its TLS connections share. Null when nobody listens with TLS.
base::Result<std::unique_ptr<net::TlsCommon>> open_tls(exchange::Worker& worker);

}  // namespace proxy
