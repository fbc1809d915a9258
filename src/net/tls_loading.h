// What TLS contexts of both sides read from files and set in the same way. For net/tls_*context.cc only.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace net {

struct FreeTls {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(SSL_CONF_CTX* context) const { SSL_CONF_CTX_free(context); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
template <class T>
using OwnedTls = std::unique_ptr<T, FreeTls>;

/// Names and values, in order.
using TlsPairs = std::vector<std::pair<std::string, std::string>>;

/// "what("name") failed (SSL: ...)"
tl::unexpected<base::Error> fail_tls(std::string_view what, std::string_view name);

base::Result<std::string> read_tls_file(const std::string& path);
/// Certificates with their keys, tried with each passphrase of `password_file` (empty: none).
base::Result<void> load_certificates(SSL_CTX* context, const TlsPairs& certificates,
                                     const std::string& password_file);
/// Authorities; nothing when `path` is empty.
base::Result<void> load_authorities(SSL_CTX* context, const std::string& path);
/// Revoked certificates, which are then checked for in the whole chain; nothing when `path` is empty.
base::Result<void> load_revoked(SSL_CTX* context, const std::string& path);
/// `side`: SSL_CONF_FLAG_SERVER or SSL_CONF_FLAG_CLIENT. `commands` knows what they are for already.
base::Result<void> run_commands(SSL_CONF_CTX* commands, const TlsPairs& pairs, unsigned side);

/// OpenSSL's numbers of the lowest and the highest of TlsOptions::Protocol; {0, 0} of none.
std::pair<int, int> version_range(uint8_t protocols);
/// Those between the lowest and the highest that are not spoken.
uint64_t version_holes(uint8_t protocols);
/// What both sides are made with, whatever their directives say.
void set_common(SSL_CTX* context);

}  // namespace net
