// What directives of TLS have in common, in front and to origins, and the contexts of a configuration for TLS
// to origins.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "conf/row.h"
#include "net/tls_client.h"

namespace exchange {

class Builder;

/// Relative to the folder of the configuration file.
std::string tls_path(std::string_view path, const conf::Site& site);
/// "TLSv1.2 TLSv1.3" → a mask of TlsOptions::Protocol.
base::Result<uint8_t> parse_tls_protocols(const conf::Directive& directive);
/// A number of certificates between the first and its authority.
base::Result<int> parse_tls_depth(std::string_view text);
/// What is not a file of its own: nginx's "data:", "engine:", "store:" and names with variables.
base::Result<void> refuse_special_certificate(std::string_view path);

/// For origins; equal options share one. The configuration owns it.
base::Result<std::shared_ptr<const net::TlsClientContext>> tls_client_context(
    Builder& builder, const net::TlsClientOptions& options);
/// One of these holds a private key.
bool has_tls_client_keys(const Builder& builder);

}  // namespace exchange
