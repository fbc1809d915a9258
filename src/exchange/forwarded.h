// The client behind proxies that are trusted: what X-Forwarded-For says of it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "http/fields.h"
#include "net/address.h"

namespace exchange {

bool is_trusted(std::span<const net::Cidr> trusted, const net::Address& address);

/// One address of such a list: "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
std::optional<net::Address> parse_forwarded(std::string_view text);

/// Follows all fields called `name` from the last address backwards, beginning at `peer`: the address behind
/// the first that is not trusted. Without `recursive` only the last address counts. nullopt when `peer` is
/// not trusted itself, or nothing usable stands there.
std::optional<net::Address> forwarded_address(const http::Fields& fields, std::string_view name,
                                              const net::Address& peer, std::span<const net::Cidr> trusted,
                                              bool recursive);

}  // namespace exchange
