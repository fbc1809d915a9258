// One UDP socket of a worker: receives datagrams with the address and ECN mark of each, and sends trains of
// them in one call (UDP_SEGMENT). It knows nothing of connections.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include "base/list.h"
#include "event/loop.h"
#include "net/address.h"
#include "net/fd.h"
#include "proto/h3/connection_id.h"
#include "proto/quic.h"

namespace h3 {

class Endpoint;

/// One datagram that was received; lives during the call only.
struct Datagram {
  ngtcp2_path path;  ///< its addresses are the endpoint's
  ngtcp2_pkt_info info;
  Bytes bytes;
};

struct DatagramHandler {
  static constexpr size_t kInput = 65536;
  virtual void on_datagram(Endpoint& endpoint, const Datagram& datagram) = 0;
  /// kInput bytes to receive into.
  virtual uint8_t* input() = 0;

 protected:
  ~DatagramHandler() = default;
};

/// Waits until a socket can be written again.
class Writer : public base::ListNode<Writer> {
 public:
  virtual void on_writable() = 0;

 protected:
  ~Writer() = default;
};

class Endpoint {
 public:
  /// Most bytes that one call sends.
  static constexpr size_t kTrain = 60000;
  static constexpr size_t kMaxSegments = 48;
  /// Reads in one turn: others have theirs.
  static constexpr int kReadsInATurn = 32;

  enum class Sent : uint8_t {
    all,
    blocked,  ///< nothing was sent: call await() and try again
  };

  Endpoint(event::Loop& loop, DatagramHandler& handler, uint32_t listener, const net::Address& address,
           const proto::QuicOptions& options, int fd, unsigned number);

  void start() { watch_reading(true); }
  void stop() { watch_reading(false); }
  /// Sends `bytes` as datagrams of `segment` bytes, of which the last may be smaller. What cannot be sent for
  /// another reason than a full socket counts as lost.
  Sent send(const ngtcp2_path& path, uint8_t ecn, Bytes bytes, size_t segment);
  void await(Writer& writer);

  uint32_t listener() const { return listener_; }
  unsigned number() const { return number_; }
  const proto::QuicOptions& options() const { return options_; }

 private:
  static void on_io(void* owner, int events);
  void watch_reading(bool reading);
  void watch();
  bool receive();
  Sent send_once(const ngtcp2_path& path, uint8_t ecn, Bytes bytes, size_t segment);

  DatagramHandler& handler_;
  net::Fd fd_;  // our own copy: it sends after its owner has closed his
  event::Io io_;
  net::Address address_;  // what the socket is bound to, with its port
  proto::QuicOptions options_;
  base::List<Writer, Writer> waiting_;
  uint32_t listener_;
  unsigned number_;
  bool reading_ = false;
  bool segments_;  // the kernel splits trains
};

}  // namespace h3
