#include "net/tls_client.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "net/tls.h"
#include "net/tls_loading.h"

namespace net {

base::Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::make(
    const TlsClientOptions& options) {
  ERR_clear_error();
  SSL_CTX* raw = SSL_CTX_new(TLS_client_method());
  if (raw == nullptr) return base::fail("SSL_CTX_new() failed (SSL: {})", tls_error_text());
  std::shared_ptr<TlsClientContext> context(new TlsClientContext(options, raw));
  set_common(raw);
  base::Result<void> set = context->set_parameters();
  if (!set) return tl::unexpected(set.error());
  set = context->set_verification();
  if (!set) return tl::unexpected(set.error());
  set_tls_client_callbacks(raw);
  return std::shared_ptr<const TlsClientContext>(std::move(context));
}

TlsClientContext::~TlsClientContext() { SSL_CTX_free(context_); }

base::Result<void> TlsClientContext::set_parameters() {
  auto [lowest, highest] = version_range(options_.protocols);
  if (lowest == 0) return base::fail("no protocol is left");
  SSL_CTX_set_min_proto_version(context_, lowest);
  SSL_CTX_set_max_proto_version(context_, highest);
  SSL_CTX_set_options(context_, version_holes(options_.protocols));
  if (SSL_CTX_set_cipher_list(context_, options_.ciphers.c_str()) != 1)
    return fail_tls("SSL_CTX_set_cipher_list", options_.ciphers);
  if (!options_.certificate.empty()) {
    base::Result<void> loaded = load_certificates(
        context_, {{options_.certificate, options_.certificate_key}}, options_.password_file);
    if (!loaded) return loaded;
  }
  std::string protocols;
  for (const std::string& name : options_.alpn) protocols += static_cast<char>(name.size()) + name;
  auto bytes = reinterpret_cast<const unsigned char*>(protocols.data());
  if (SSL_CTX_set_alpn_protos(context_, bytes, static_cast<unsigned>(protocols.size())) != 0)
    return fail_tls("SSL_CTX_set_alpn_protos", protocols);
  long kept = SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL;
  SSL_CTX_set_session_cache_mode(context_, options_.reuses_sessions ? kept : SSL_SESS_CACHE_OFF);
  if (options_.commands.empty()) return {};
  OwnedTls<SSL_CONF_CTX> commands(SSL_CONF_CTX_new());
  SSL_CONF_CTX_set_ssl_ctx(commands.get(), context_);
  return run_commands(commands.get(), options_.commands, SSL_CONF_FLAG_CLIENT);
}

// Judged during the handshake: who is not whom we mean sees neither our certificate nor a request.
base::Result<void> TlsClientContext::set_verification() {
  SSL_CTX_set_verify(context_, options_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!options_.verify) return {};
  SSL_CTX_set_verify_depth(context_, options_.verify_depth);
  if (options_.trusted_certificate.empty() && SSL_CTX_set_default_verify_paths(context_) != 1)
    return base::fail("SSL_CTX_set_default_verify_paths() failed (SSL: {})", tls_error_text());
  base::Result<void> loaded = load_authorities(context_, options_.trusted_certificate);
  if (!loaded) return loaded;
  return load_revoked(context_, options_.crl);
}

TlsClientSessions::~TlsClientSessions() {
  for (Entry& entry : entries_) SSL_SESSION_free(entry.session);
}

SSL_SESSION* TlsClientSessions::find(const TlsClientContext& context, std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.context == &context && entry.name == name) return entry.session;
  }
  return nullptr;
}

void TlsClientSessions::keep(const TlsClientContext& context, std::string_view name, SSL_SESSION* session) {
  forget(context, name);
  if (entries_.size() == kMost) {
    SSL_SESSION_free(entries_.front().session);
    entries_.erase(entries_.begin());
  }
  entries_.push_back({&context, std::string(name), session});
}

void TlsClientSessions::forget(const TlsClientContext& context, std::string_view name) {
  std::erase_if(entries_, [&](const Entry& entry) {
    if (entry.context != &context || entry.name != name) return false;
    SSL_SESSION_free(entry.session);
    return true;
  });
}

namespace {

/// Drives a handshake until it has ended, one way or another.
class Shaking final : public TransportHandler {
 public:
  Shaking(event::Loop& loop, TlsTransport& transport, base::Duration timeout)
      : transport_(transport), answer_(loop.ready()), timer_(loop, on_timeout, this) {
    transport_.set_handler(this);
    timer_.start(timeout);
    go_on();
  }
  event::Answer<int>& answer() { return answer_; }

 private:
  void on_readable() override { go_on(); }
  void on_writable() override { go_on(); }
  void go_on() {
    if (answer_.given()) return;
    IoResult shaken = transport_.handshake();
    if (shaken.is_wait()) return;
    transport_.watch(0);
    answer_.give(shaken.is_ready() ? 0 : shaken.is_failed() ? shaken.code : ECONNRESET);
  }
  static void on_timeout(void* owner) { static_cast<Shaking*>(owner)->answer_.give(ETIMEDOUT); }

  TlsTransport& transport_;
  event::Answer<int> answer_;
  event::Timer timer_;
};

}  // namespace

event::Task<int> shake_hands(event::Loop& loop, TlsTransport& transport, base::Duration timeout,
                             event::CancelScope* scope) {
  Shaking shaking(loop, transport, timeout);
  event::Answer<int>& answer = shaking.answer();
  std::optional<event::Canceling<int>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, answer, ECANCELED);
  int code = co_await answer;
  transport.set_handler(nullptr);
  co_return code;
}

std::string_view tls_name_of(std::string_view host_and_port) {
  if (host_and_port.starts_with('[')) return host_and_port.substr(1, host_and_port.find(']') - 1);
  return host_and_port.substr(0, host_and_port.find(':'));
}

}  // namespace net
