#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace net {

namespace {

// The first byte of a record with a ClientHello (RFC 8446 §5.1).
constexpr unsigned char kHandshakeRecord = 22;
// A name that no certificate may have (RFC 6761 §6.4), where OpenSSL would take none at all for any.
constexpr const char* kNobody = "nobody.invalid";

}  // namespace

TlsTransport::TlsTransport(TlsCommon& common, SSL* ssl, Fd socket, const Address& peer)
    : Transport(false), common_(common), tcp_(common.loop, std::move(socket), peer), ssl_(ssl), facts_(ssl) {
  PC_CHECK(ssl_ != nullptr);
  if (!common_.record) common_.record = std::make_unique<char[]>(kRecord);
  SSL_set_app_data(ssl_, this);
  SSL_set_fd(ssl_, tcp_.fd());
  tcp_.set_handler(this);
}

TlsTransport::TlsTransport(TlsCommon& common, const TlsNames& names, Fd socket, const Address& peer)
    : TlsTransport(common, SSL_new(names.tls_context({})->raw()), std::move(socket), peer) {
  names_ = &names;
  facts_.context_ = names.tls_context({});
  SSL_set_accept_state(ssl_);
}

TlsTransport::TlsTransport(TlsCommon& common, const TlsTarget& target, Fd socket, const Address& peer)
    : TlsTransport(common, SSL_new(target.context.raw()), std::move(socket), peer) {
  client_ =
      std::unique_ptr<Client>(new Client{target.context, std::string(target.name), target.sessions, {}});
  state_ = State::handshake;
  SSL_set_connect_state(ssl_);
  expect_name();
  if (!client_->sessions || !target.context.options().reuses_sessions) return;
  SSL_SESSION* session = client_->sessions->find(target.context, client_->name);
  if (session != nullptr) SSL_set_session(ssl_, session);
}

// An address is not a name: it is neither sent (RFC 6066 §3) nor matched by one (RFC 9110 §4.3.5).
void TlsTransport::expect_name() {
  const TlsClientOptions& options = client_->context.options();
  const std::string& name = client_->name;
  bool is_address = Address::from_ip(name, 0).has_value();
  if (options.sends_name && !name.empty() && !is_address) SSL_set_tlsext_host_name(ssl_, name.c_str());
  if (!options.verify) return;
  SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str()) == 1
                        : !name.empty() && SSL_set1_host(ssl_, name.c_str()) == 1;
  if (!set) SSL_set1_host(ssl_, kNobody);
}

TlsTransport::~TlsTransport() {
  close(false);
  SSL_free(ssl_);
}

// A client that speaks without TLS is found by its first byte.
IoResult TlsTransport::begin() {
  unsigned char first = 0;
  ssize_t got = ::recv(tcp_.fd(), &first, 1, MSG_PEEK);
  if (got == 0) return IoResult::end();
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    tcp_.watch(EV_READ);
    return IoResult::wait();
  }
  if (got < 0) return IoResult::failed(errno);
  if (first == kHandshakeRecord) {
    state_ = State::handshake;
    return IoResult::ready(0);
  }
  state_ = State::plain;
  facts_.plain_ = true;
  return IoResult::ready(0);
}

IoResult TlsTransport::handshake() {
  if (state_ == State::waiting) {
    IoResult begun = begin();
    if (!begun.is_ready()) return begun;
  }
  if (state_ == State::open || state_ == State::plain) return IoResult::ready(0);
  if (state_ == State::broken) return IoResult::failed(EPROTO);
  ERR_clear_error();
  int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    state_ = State::open;
    if (!client_) most_ = std::min(facts_.context_->options().buffer_size, kRecord);
    return IoResult::ready(0);
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: tcp_.watch(EV_READ); return IoResult::wait();
    case SSL_ERROR_WANT_WRITE: tcp_.watch(EV_WRITE); return IoResult::wait();
    default: return failed_handshake(result);
  }
}

IoResult TlsTransport::failed_handshake(int result) {
  int code = errno;
  bool by_system = SSL_get_error(ssl_, result) == SSL_ERROR_SYSCALL;
  state_ = State::broken;
  if (client_) {
    explain_failed_handshake(by_system, code);
  } else {
    log_failed_handshake(by_system, code);
  }
  ERR_clear_error();
  return IoResult::failed(by_system && code != 0 ? code : EPROTO);
}

void TlsTransport::log_failed_handshake(bool by_system, int code) {
  std::string why = by_system ? std::string(code == 0 ? "the client has left" : std::strerror(code))
                              : "SSL: " + tls_error_text();
  common_.log.print(base::LogLevel::info, "SSL_do_handshake() failed ({}), client: {}{}{}", why,
                    tcp_.peer().text(),
                    facts_.server_name_.empty() ? "" : ", server name: ", facts_.server_name_);
}

void TlsTransport::explain_failed_handshake(bool by_system, int code) {
  if (client_->sessions) client_->sessions->forget(client_->context, client_->name);
  int reason = ERR_GET_REASON(ERR_peek_error());
  long verdict = SSL_get_verify_result(ssl_);
  if (by_system && code != 0) {
    client_->failure = fmt::format("SSL_do_handshake() failed ({}: {})", code, std::strerror(code));
  } else if (by_system || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    client_->failure = "peer closed connection in SSL handshake";
  } else if (reason != SSL_R_CERTIFICATE_VERIFY_FAILED || verdict == X509_V_OK) {
    client_->failure = fmt::format("SSL_do_handshake() failed (SSL: {})", tls_error_text());
  } else if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    client_->failure = fmt::format("upstream SSL certificate does not match \"{}\"", client_->name);
  } else {
    client_->failure = fmt::format("upstream SSL certificate verify error: ({}:{})", verdict,
                                   X509_verify_cert_error_string(verdict));
  }
}

// What a call that moved nothing means.
IoResult TlsTransport::outcome(int result, bool reading) {
  int code = errno;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      (reading ? read_blocked_ : write_needs_read_) = true;
      update();
      return IoResult::wait();
    case SSL_ERROR_WANT_WRITE:
      if (reading) read_blocked_ = read_needs_write_ = true;
      update();
      return IoResult::wait();
    case SSL_ERROR_ZERO_RETURN:
      if (reading) return IoResult::end();
      return IoResult::failed(EPIPE);
    case SSL_ERROR_SYSCALL:
      state_ = State::broken;
      ERR_clear_error();
      return IoResult::failed(code != 0 ? code : ECONNRESET);
    default: break;
  }
  state_ = State::broken;
  bool truncated = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (!truncated) {
    common_.log.print(client_ ? base::LogLevel::error : base::LogLevel::info, "{} failed (SSL: {}), {}: {}",
                      reading ? "SSL_read()" : "SSL_write()", tls_error_text(),
                      client_ ? "upstream" : "client", tcp_.peer().text());
  }
  ERR_clear_error();
  return IoResult::failed(truncated ? ECONNRESET : EPROTO);
}

IoResult TlsTransport::read(char* into, size_t size) {
  if (state_ == State::plain) return tcp_.read(into, size);
  if (state_ != State::open) return IoResult::failed(EPROTO);
  ERR_clear_error();
  errno = 0;
  size_t got = 0;
  int result = SSL_read_ex(ssl_, into, size, &got);
  if (result != 1) return outcome(result, true);
  read_blocked_ = read_needs_write_ = false;
  update();
  return IoResult::ready(got);
}

IoResult TlsTransport::peek() {
  if (state_ == State::plain) return tcp_.peek();
  if (state_ != State::open) return IoResult::failed(EPROTO);
  ERR_clear_error();
  errno = 0;
  char byte;
  size_t got = 0;
  int result = SSL_peek_ex(ssl_, &byte, 1, &got);
  return result == 1 ? IoResult::ready(1) : outcome(result, true);
}

// The bytes of the next record: those behind the first `skip`, where they lie or joined.
size_t TlsTransport::gather(const iovec* pieces, int count, size_t skip, const char*& from) {
  int i = 0;
  for (; i < count && skip >= pieces[i].iov_len; ++i) skip -= pieces[i].iov_len;
  if (i == count) return 0;
  size_t here = pieces[i].iov_len - skip;
  const char* bytes = static_cast<const char*>(pieces[i].iov_base) + skip;
  if (here >= most_ || i + 1 == count) {
    from = bytes;
    return std::min(here, most_);
  }
  size_t size = 0;
  from = common_.record.get();
  for (; i < count && size < most_; ++i, skip = 0) {
    size_t part = std::min(pieces[i].iov_len - skip, most_ - size);
    std::memcpy(common_.record.get() + size, static_cast<const char*>(pieces[i].iov_base) + skip, part);
    size += part;
  }
  return size;
}

IoResult TlsTransport::write(const iovec* pieces, int count) {
  if (state_ == State::plain) return tcp_.write(pieces, count);
  if (state_ != State::open) return IoResult::failed(EPROTO);
  size_t moved = 0;
  for (int i = 0; i < kRecordsAtOnce; ++i) {
    const char* from = nullptr;
    size_t size = gather(pieces, count, moved, from);
    if (size == 0) break;
    // What was not offered again as it was cannot be sent: the record is made already.
    if (size < pending_) return IoResult::failed(EIO);
    ERR_clear_error();
    errno = 0;
    size_t sent = 0;
    int result = SSL_write_ex(ssl_, from, size, &sent);
    if (result != 1) {
      IoResult failed = outcome(result, false);
      if (failed.is_wait()) pending_ = size;
      return failed.is_wait() && moved > 0 ? IoResult::ready(moved) : failed;
    }
    pending_ = 0;
    write_needs_read_ = false;
    moved += sent;
  }
  return IoResult::ready(moved);
}

bool TlsTransport::has_buffered() const {
  return state_ == State::open && (SSL_pending(ssl_) > 0 || (!read_blocked_ && SSL_has_pending(ssl_) == 1));
}

void TlsTransport::watch(int events) {
  if (fd() < 0) return;
  wanted_ = events;
  update();
}

// Watches the socket for what the handler's wishes come to, and announces what lies inside.
void TlsTransport::update() {
  if (state_ == State::plain) return tcp_.watch(wanted_);
  int events = 0;
  if (wanted_ & EV_READ) events |= read_needs_write_ ? EV_READ | EV_WRITE : EV_READ;
  if (wanted_ & EV_WRITE) events |= write_needs_read_ ? EV_READ : EV_WRITE;
  tcp_.watch(events);
  if ((wanted_ & EV_READ) && has_buffered()) common_.loop.post(*this);
}

// Tells the handler what it wants to hear of `events`. False: it has destroyed or closed `self`.
bool TlsTransport::hear(TlsTransport* self, int events) {
  if (self->handler_ == nullptr) return true;
  bool gone = false;
  self->gone_ = &gone;
  if (events & self->wanted_ & EV_READ) self->handler_->on_readable();
  if (!gone && (events & self->wanted_ & EV_WRITE)) self->handler_->on_writable();
  if (gone) return false;
  self->gone_ = nullptr;
  return true;
}

void TlsTransport::on_readable() {
  if (state_ == State::waiting || state_ == State::handshake) return handler_->on_readable();
  read_blocked_ = false;
  int events = EV_READ;
  if (std::exchange(write_needs_read_, false)) events |= EV_WRITE;
  if (hear(this, events)) update();
}

void TlsTransport::on_writable() {
  if (state_ == State::waiting || state_ == State::handshake) return handler_->on_writable();
  int events = EV_WRITE;
  if (std::exchange(read_needs_write_, false)) {
    read_blocked_ = false;
    events |= EV_READ;
  }
  if (hear(this, events)) update();
}

void TlsTransport::on_ready() {
  if ((wanted_ & EV_READ) && has_buffered() && hear(this, EV_READ)) update();
}

void TlsTransport::say_close() {
  if (state_ != State::open || closing_ || pending_ > 0) return;
  closing_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

void TlsTransport::shutdown_write() {
  say_close();
  tcp_.shutdown_write();
}

void TlsTransport::close(bool reset) {
  if (gone_ != nullptr) *std::exchange(gone_, nullptr) = true;
  if (fd() < 0) return;
  if (!reset) say_close();
  // Otherwise OpenSSL would forget a session that is sound because its connection ended in a hurry.
  if (state_ == State::open) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  wanted_ = 0;
  unlink();
  tcp_.close(reset);
}

}  // namespace net
