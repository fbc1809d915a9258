#include "net/tls_loading.h"

#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "net/tls_context.h"

namespace net {

namespace {

base::Result<std::vector<std::string>> read_passwords(const std::string& path) {
  std::vector<std::string> passwords;
  if (path.empty()) return passwords;
  base::Result<std::string> text = read_tls_file(path);
  if (!text) return tl::unexpected(text.error());
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) passwords.push_back(line);
  }
  OPENSSL_cleanse(text->data(), text->size());
  return passwords;
}

int give_password(char* into, int size, int, void* password) {
  if (password == nullptr) return 0;
  const std::string& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<size_t>(size)) return 0;
  std::memcpy(into, text.data(), text.size());
  return static_cast<int>(text.size());
}

base::Result<void> load_key(SSL_CTX* context, const std::string& path,
                            const std::vector<std::string>& passwords) {
  OwnedTls<EVP_PKEY> key;
  std::string why;
  // Without a password first: OpenSSL never asks a terminal.
  for (size_t i = 0; !key && i < std::max<size_t>(passwords.size(), 1); ++i) {
    OwnedTls<BIO> file(BIO_new_file(path.c_str(), "r"));
    if (!file) return base::fail("cannot load certificate key \"{}\" (SSL: {})", path, tls_error_text());
    void* password = passwords.empty() ? nullptr : const_cast<std::string*>(&passwords[i]);
    key.reset(PEM_read_bio_PrivateKey(file.get(), nullptr, give_password, password));
    if (!key) why = tls_error_text();
  }
  ERR_clear_error();
  if (!key) return base::fail("cannot load certificate key \"{}\" (SSL: {})", path, why);
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return base::fail("the key \"{}\" does not belong to its certificate (SSL: {})", path, tls_error_text());
  }
  return {};
}

constexpr std::pair<TlsOptions::Protocol, int> kVersions[] = {{TlsOptions::kTls10, TLS1_VERSION},
                                                              {TlsOptions::kTls11, TLS1_1_VERSION},
                                                              {TlsOptions::kTls12, TLS1_2_VERSION},
                                                              {TlsOptions::kTls13, TLS1_3_VERSION}};

}  // namespace

std::string tls_error_text() {
  std::string text;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    // "error:0A000412:SSL routines::reason": the first is the cause, what follows is who passed it on.
    if (text.empty())
      text = line;
    else if (text.size() < 512)
      text += std::string(" ") + line;
  }
  return text.empty() ? "no reason given" : text;
}

tl::unexpected<base::Error> fail_tls(std::string_view what, std::string_view name) {
  return base::fail("{}(\"{}\") failed (SSL: {})", what, name, tls_error_text());
}

base::Result<std::string> read_tls_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  // An empty file sets failbit without errno.
  if (!file && errno != 0) return base::fail_errno(errno, "cannot read \"{}\"", path);
  return std::move(text).str();
}

base::Result<void> load_certificates(SSL_CTX* context, const TlsPairs& certificates,
                                     const std::string& password_file) {
  base::Result<std::vector<std::string>> passwords = read_passwords(password_file);
  if (!passwords) return tl::unexpected(passwords.error());
  for (const auto& [certificate, key] : certificates) {
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
      return base::fail("cannot load certificate \"{}\" (SSL: {})", certificate, tls_error_text());
    base::Result<void> loaded = load_key(context, key, *passwords);
    if (!loaded) return loaded;
  }
  for (std::string& password : *passwords) OPENSSL_cleanse(password.data(), password.size());
  return {};
}

base::Result<void> load_authorities(SSL_CTX* context, const std::string& path) {
  if (path.empty() || SSL_CTX_load_verify_locations(context, path.c_str(), nullptr) == 1) return {};
  return fail_tls("SSL_CTX_load_verify_locations", path);
}

base::Result<void> load_revoked(SSL_CTX* context, const std::string& path) {
  if (path.empty()) return {};
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_LOOKUP_load_file(lookup, path.c_str(), X509_FILETYPE_PEM) != 1)
    return fail_tls("X509_LOOKUP_load_file", path);
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

base::Result<void> run_commands(SSL_CONF_CTX* commands, const TlsPairs& pairs, unsigned side) {
  SSL_CONF_CTX_set_flags(commands,
                         SSL_CONF_FLAG_FILE | side | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_SHOW_ERRORS);
  for (const auto& [name, value] : pairs) {
    if (SSL_CONF_cmd(commands, name.c_str(), value.c_str()) <= 0) {
      return base::fail("SSL_CONF_cmd(\"{}\", \"{}\") failed (SSL: {})", name, value, tls_error_text());
    }
  }
  if (SSL_CONF_CTX_finish(commands) != 1)
    return base::fail("SSL_CONF_finish() failed (SSL: {})", tls_error_text());
  return {};
}

std::pair<int, int> version_range(uint8_t protocols) {
  int lowest = 0;
  int highest = 0;
  for (const auto& [protocol, version] : kVersions) {
    if (!(protocols & protocol)) continue;
    if (lowest == 0) lowest = version;
    highest = version;
  }
  return {lowest, highest};
}

uint64_t version_holes(uint8_t protocols) {
  uint64_t flags = 0;
  if (!(protocols & TlsOptions::kTls11)) flags |= SSL_OP_NO_TLSv1_1;
  if (!(protocols & TlsOptions::kTls12)) flags |= SSL_OP_NO_TLSv1_2;
  return flags;
}

void set_common(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_SINGLE_DH_USE |
                                   SSL_OP_SINGLE_ECDH_USE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);
}

}  // namespace net
