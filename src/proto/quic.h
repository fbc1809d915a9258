// HTTP/3 over QUIC as the rest of the program sees it: what is configured, what a worker starts, and nothing
// of the libraries. Without them (./configure --without-http3, or where they are not found) everything here
// is refused by name.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "event/loop.h"
#include "http/stream.h"
#include "net/address.h"
#include "net/tls_context.h"
#include "proto/quic_memory.h"
#include "proto/session.h"

namespace proto {

/// Whether this program was built with HTTP/3.
bool has_quic();

/// How connections to an address behave: what its default server says.
struct QuicOptions {
  enum class Congestion : uint8_t { cubic, reno, bbr };
  uint32_t max_streams = 128;    ///< requests under way at once
  size_t stream_buffer = 65536;  ///< bytes of each stream that wait for either side
  uint32_t active_ids = 2;       ///< connection ids of the client that are kept
  bool retry = false;            ///< every client shows first that it is where it says
  bool segments = true;          ///< UDP_SEGMENT, where the kernel has it
  Congestion congestion = Congestion::cubic;
  std::string qlog;      ///< folder for traces; empty: none
  std::string host_key;  ///< what tokens are made with; empty: a secret of our own
  base::Duration idle_timeout{75000};
};

/// What a server shows in handshakes, for the library that QUIC uses. Built by the master; immutable.
class QuicKeys {
 public:
  virtual ~QuicKeys() = default;
};
/// Reads the files of `options`. Errors: a file, or an option that does not hold on QUIC, by name.
base::Result<std::shared_ptr<const QuicKeys>> read_quic_keys(const net::TlsOptions& options);

/// A server as a handshake finds it.
struct QuicServer {
  const net::TlsContext* tls = nullptr;
  const QuicKeys* keys = nullptr;
  bool enabled = true;  ///< http3
};

/// Which server a name means: those behind one address.
class QuicNames {
 public:
  /// `name`: lower case; empty: the client names none.
  virtual QuicServer quic_server(std::string_view name) const = 0;

 protected:
  ~QuicNames() = default;
};

/// Whoever counts connections and knows the servers: the worker's service.
struct QuicOwner : virtual SessionOwner {
  /// False: no further connection now; its first packet is dropped, and the client says it again.
  virtual bool has_room() = 0;
  /// Returns its number ($connection).
  virtual uint64_t on_session_begin(Session& session) = 0;
  virtual const QuicNames& quic_names(uint32_t listener, const net::Address& local) = 0;

 protected:
  ~QuicOwner() = default;
};

/// Which worker this is.
struct QuicPlace {
  uint32_t generation = 0;
  unsigned slot = 0;
  unsigned workers = 1;
  unsigned sockets = 1;  ///< that each address has
};

/// All of QUIC in one worker.
class Quic {
 public:
  virtual ~Quic() = default;
  /// A socket of the configuration's listener: number `number` of its address. Its owner closes it.
  virtual void add_socket(uint32_t listener, const net::Address& address, const QuicOptions& options, int fd,
                          unsigned number) = 0;
  /// Receives from its sockets from now on.
  virtual void start() = 0;
  /// Receives no more from them; connections that are there go on.
  virtual void stop() = 0;
};

/// Errors: not built.
base::Result<std::unique_ptr<Quic>> make_quic(event::Loop& loop, base::Log& log, http::StreamHandler& handler,
                                              QuicOwner& owner, QuicMemory memory, const QuicPlace& place);

}  // namespace proto
