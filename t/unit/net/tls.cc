#include "net/tls.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

namespace {

using net::IoResult;

/// A certificate and its key in one file, gone with the object.
struct CertificateFile {
  CertificateFile() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    char name[] = "/tmp/tls-unit-XXXXXX";
    int fd = mkstemp(name);
    path = name;
    FILE* file = fdopen(fd, "w");
    PEM_write_X509(file, certificate);
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~CertificateFile() { unlink(path.c_str()); }
  std::string path;
};

struct Names final : net::TlsNames {
  const net::TlsContext* tls_context(std::string_view) const override { return context.get(); }
  std::shared_ptr<const net::TlsContext> context;
};

struct Heard : net::TransportHandler {
  void on_readable() override {
    ++readable;
    if (on_read) on_read();
  }
  void on_writable() override { ++writable; }
  int readable = 0;
  int writable = 0;
  std::function<void()> on_read;
};

/// A transport of ours, and an OpenSSL client at the other end of a socket pair.
struct Pair {
  explicit Pair(int version = TLS1_3_VERSION)
      : clock(), log(-1, base::LogLevel::emerg, &clock), common{loop, log} {
    signal(SIGPIPE, SIG_IGN);
    net::TlsOptions options;
    options.certificates.emplace_back(file.path, file.path);
    auto made = net::TlsContext::make(options);
    cr_assert(made, "%s", made ? "" : made.error().message.c_str());
    names.context = *made;
    void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    net::TlsTicketKeys::format(static_cast<std::byte*>(memory), 4096);
    common.tickets =
        std::make_unique<net::TlsTicketKeys>(shm::Mapping(static_cast<std::byte*>(memory), 4096));
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    transport = std::make_unique<net::TlsTransport>(common, names, net::Fd(ends[0]), net::Address());
    transport->set_handler(&heard);
    other = ends[1];
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, version);
    client = SSL_new(context);
    SSL_set_fd(client, other);
    SSL_set_connect_state(client);
  }
  ~Pair() {
    SSL_free(client);
    SSL_CTX_free(context);
    if (other >= 0) close(other);
  }
  void shake() {
    bool done = false;
    for (int i = 0; i < 20 && !(done && SSL_is_init_finished(client)); ++i) {
      SSL_do_handshake(client);
      IoResult shaken = transport->handshake();
      cr_assert(!shaken.is_failed());
      done = shaken.is_ready();
    }
    cr_assert(done);
    char none;
    cr_assert_leq(SSL_read(client, &none, 1), 0);  // takes the ticket
  }
  void say(std::string_view text) {
    cr_assert_eq(SSL_write(client, text.data(), static_cast<int>(text.size())),
                 static_cast<int>(text.size()));
  }
  std::string read(size_t size = 4096) {
    std::string text(size, '\0');
    IoResult got = transport->read(text.data(), size);
    text.resize(got.is_ready() ? got.size : 0);
    return text;
  }
  void turn() { loop.run_once(false); }

  CertificateFile file;
  event::Loop loop;
  base::Clock clock;
  base::Log log;
  Names names;
  net::TlsCommon common;
  Heard heard;
  std::unique_ptr<net::TlsTransport> transport;
  SSL_CTX* context;
  SSL* client;
  int other;
};

IoResult write_text(net::Transport& transport, std::string_view text) {
  iovec piece = {const_cast<char*>(text.data()), text.size()};
  return transport.write(&piece, 1);
}

}  // namespace

Test(tls_transport, shakes_hands_and_moves_bytes) {
  Pair pair;
  pair.shake();
  cr_assert_eq(pair.transport->facts().protocol(), "TLSv1.3");
  pair.say("hello");
  cr_assert(pair.transport->peek().is_ready());
  cr_assert_eq(pair.read(), "hello");
  cr_assert(pair.transport->peek().is_wait());
  iovec pieces[] = {{const_cast<char*>("a"), 1}, {const_cast<char*>(""), 0}, {const_cast<char*>("bc"), 2}};
  cr_assert_eq(pair.transport->write(pieces, 3).size, 3u);
  char text[8];
  cr_assert_eq(SSL_read(pair.client, text, sizeof text), 3, "one record holds all pieces");
}

Test(tls_transport, announces_what_lies_inside_until_it_is_read) {
  Pair pair;
  pair.shake();
  pair.transport->watch(EV_READ);
  pair.say("one");
  pair.say("two");
  pair.turn();
  cr_assert_geq(pair.heard.readable, 1);
  cr_assert_eq(pair.read(1), "o");
  // The socket is empty now: only the transport knows of the rest.
  std::string all = "o";
  pair.heard.on_read = [&] { all += pair.read(1); };
  for (int i = 0; i < 20 && all.size() < 6; ++i) pair.turn();
  cr_assert_eq(all, "onetwo");
  int before = pair.heard.readable;
  pair.turn();
  cr_assert_eq(pair.heard.readable, before, "and then it is quiet");
}

Test(tls_transport, does_not_announce_what_nobody_watches) {
  Pair pair;
  pair.shake();
  pair.say("text");
  cr_assert_eq(pair.read(1), "t");
  pair.transport->watch(0);
  pair.turn();
  cr_assert_eq(pair.heard.readable, 0);
  cr_assert(pair.transport->has_buffered());
  pair.transport->watch(EV_READ);
  pair.turn();
  cr_assert_geq(pair.heard.readable, 1);
}

Test(tls_transport, part_of_a_record_does_not_spin) {
  Pair pair;
  pair.shake();
  // Catches the record on its way and lets only a part of it through.
  BIO* caught = BIO_new(BIO_s_mem());
  BIO_up_ref(SSL_get_rbio(pair.client));
  SSL_set0_wbio(pair.client, caught);
  pair.say("a whole record");
  char* bytes = nullptr;
  auto size = static_cast<size_t>(BIO_get_mem_data(caught, &bytes));
  cr_assert_eq(::write(pair.other, bytes, size - 3), static_cast<ssize_t>(size - 3));
  pair.heard.on_read = [&] { cr_assert(pair.read().empty()); };
  pair.transport->watch(EV_READ);
  pair.turn();
  int before = pair.heard.readable;
  for (int i = 0; i < 5; ++i) pair.turn();
  cr_assert_eq(pair.heard.readable, before);
  cr_assert_not(pair.transport->has_buffered());
  std::string all;
  pair.heard.on_read = [&] { all += pair.read(); };
  cr_assert_eq(::write(pair.other, bytes + size - 3, 3), 3);
  pair.turn();
  cr_assert_eq(all, "a whole record");
}

Test(tls_transport, full_socket_takes_the_same_bytes_later) {
  Pair pair;
  pair.shake();
  std::string text;
  for (int i = 0; i < 200000; ++i) text += std::to_string(i) + ",";
  size_t sent = 0;
  IoResult wrote = IoResult::ready(0);
  while ((wrote = write_text(*pair.transport, std::string_view(text).substr(sent, 40000))).is_ready()) {
    sent += wrote.size;
    if (sent >= text.size()) break;
  }
  cr_assert(wrote.is_wait());
  pair.transport->watch(EV_WRITE);
  std::string got;
  char into[16384];
  while (got.size() < text.size()) {
    int size = SSL_read(pair.client, into, sizeof into);
    if (size > 0) {
      got.append(into, static_cast<size_t>(size));
      continue;
    }
    pair.turn();
    // More behind the same bytes than before.
    wrote = write_text(*pair.transport, std::string_view(text).substr(sent));
    cr_assert(!wrote.is_failed());
    sent += wrote.size;
  }
  cr_assert(got == text);
  cr_assert_gt(pair.heard.writable, 0);
}

Test(tls_transport, end_without_close_notify_is_a_failure) {
  Pair pair;
  pair.shake();
  pair.say("text");
  close(std::exchange(pair.other, -1));
  cr_assert_eq(pair.read(), "text");
  char byte;
  IoResult got = pair.transport->read(&byte, 1);
  cr_assert(got.is_failed());
  cr_assert_eq(got.code, ECONNRESET);
}

Test(tls_transport, close_notify_is_an_end) {
  Pair pair;
  pair.shake();
  SSL_shutdown(pair.client);
  char byte;
  cr_assert(pair.transport->read(&byte, 1).is_end());
  cr_assert_eq(write_text(*pair.transport, "more").size, 4u, "the other direction goes on");
  pair.transport->close(false);
  char text[8];
  cr_assert_eq(SSL_read(pair.client, text, sizeof text), 4);
  cr_assert_leq(SSL_read(pair.client, text, sizeof text), 0);
  cr_assert(SSL_get_shutdown(pair.client) & SSL_RECEIVED_SHUTDOWN);
}

Test(tls_transport, what_breaks_off_is_not_closed_as_if_whole) {
  Pair pair;
  pair.shake();
  cr_assert_eq(write_text(*pair.transport, "half").size, 4u);
  pair.transport->break_off();
  pair.transport->close(false);
  char text[8];
  cr_assert_eq(SSL_read(pair.client, text, sizeof text), 4);
  cr_assert_leq(SSL_read(pair.client, text, sizeof text), 0);
  cr_assert_not(SSL_get_shutdown(pair.client) & SSL_RECEIVED_SHUTDOWN);
}

Test(tls_transport, may_be_destroyed_by_what_it_calls) {
  Pair pair;
  pair.shake();
  pair.transport->watch(EV_READ);
  pair.say("one");
  pair.heard.on_read = [&] { pair.transport.reset(); };
  pair.turn();
  cr_assert_null(pair.transport.get());
}

Test(tls_transport, clients_cannot_renegotiate) {
  Pair pair(TLS1_2_VERSION);
  pair.shake();
  SSL_renegotiate(pair.client);
  SSL_do_handshake(pair.client);
  char byte;
  cr_assert_not(pair.transport->read(&byte, 1).is_ready());
  cr_assert_leq(SSL_do_handshake(pair.client), 0);
  cr_assert_not(SSL_is_init_finished(pair.client) && SSL_num_renegotiations(pair.client) > 1);
}

Test(tls_transport, http_without_tls_passes_as_it_is) {
  Pair pair;
  cr_assert_eq(::write(pair.other, "GET", 3), 3);
  cr_assert(pair.transport->handshake().is_ready());
  cr_assert(pair.transport->facts().is_plain());
  cr_assert_eq(pair.read(), "GET");
  cr_assert_eq(write_text(*pair.transport, "400").size, 3u);
}

Test(tls_context, errors_name_the_file) {
  net::TlsOptions options;
  options.certificates.emplace_back("/nowhere.crt", "/nowhere.key");
  auto made = net::TlsContext::make(options);
  cr_assert_not(made.has_value());
  cr_assert_neq(made.error().message.find("/nowhere.crt"), std::string::npos);
}
