// The header of the PROXY protocol (versions 1 and 2): what a proxy in front says of the client before its
// first byte. Whoever takes such connections trusts nothing else about them; what is no header ends the
// connection. Nothing here takes a byte that follows the header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "net/address.h"

namespace net {

struct ProxyHeader {
  /// The longest line of version 1, its end included.
  static constexpr size_t kLongestV1 = 107;
  /// The longest header of version 2 that is taken, of 65,551 possible bytes.
  static constexpr size_t kLongestV2 = 4096;

  Address source;       ///< the client; not known(): UNKNOWN, LOCAL, or a family that is none of ours
  Address destination;  ///< where it connected to
  std::string tlvs;     ///< version 2: what stood behind the addresses, checked to be whole

  /// The value of the first TLV of that type; nullopt when there is none.
  std::optional<std::string_view> tlv(uint8_t type) const;
  /// Of those inside the one of type PP2_TYPE_SSL (0x20).
  std::optional<std::string_view> ssl_tlv(uint8_t type) const;
  /// Its `verify` word: 0 when the client's certificate was good.
  std::optional<uint32_t> ssl_verify() const;
};

/// How many bytes the header at the beginning of `bytes` has; 0: it is not whole yet. Errors: no header.
base::Result<size_t> parse_proxy_header(std::string_view bytes, ProxyHeader& header);

/// A header of version 1 or 2 that tells of these two; UNKNOWN, or LOCAL, where they are not of one family.
std::string write_proxy_header(int version, const Address& source, const Address& destination);

/// Waits for the header and takes it, and no byte more, from a connected, non-blocking socket. The error's
/// code: EPROTO (no header), ECONNRESET (the peer ended), ETIMEDOUT (not whole after `timeout`), ECANCELED,
/// or as recv(2) says. `scope` (may be null) outlives the task.
event::Task<base::Result<std::shared_ptr<const ProxyHeader>>> read_proxy_header(event::Loop& loop, int fd,
                                                                                base::Duration timeout,
                                                                                event::CancelScope* scope);

}  // namespace net
