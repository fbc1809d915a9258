#include "proxy/tls_access.h"

#include <openssl/x509_vfy.h>

#include "net/tls_facts.h"

namespace proxy {

namespace {

using net::TlsFacts;
using Verify = net::TlsOptions::Verify;

/// What optional_no_ca lets pass: an authority that we do not know.
bool is_unknown_authority(long code) {
  return code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
         code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || code == X509_V_ERR_CERT_UNTRUSTED ||
         code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

}  // namespace

int tls_refusal(exchange::Exchange& exchange, const VirtualServer& server) {
  const TlsFacts* tls = exchange.stream.connection().tls;
  if (tls == nullptr || tls->is_plain()) return 0;
  const net::TlsContext& shaken = *tls->context();
  const net::TlsContext& wanted = server.tls != nullptr ? *server.tls : shaken;
  Verify verify = wanted.options().verify;
  if (verify == Verify::off) return 0;
  if (!shaken.trusts_like(wanted)) {
    exchange.log(base::LogLevel::info,
                 "client attempted to request another server than it made the handshake for, which asks for "
                 "client certificates");
    return 421;
  }
  TlsFacts::Verdict verdict = tls->client_verdict();
  if (verdict == TlsFacts::Verdict::failed) {
    if (verify == Verify::optional_no_ca && is_unknown_authority(tls->client_verify_code())) return 0;
    exchange.log(base::LogLevel::info, "client SSL certificate verify error: ({}:{})",
                 tls->client_verify_code(), tls->client_verify_text());
    return http::kBadCertificate;
  }
  if (verdict == TlsFacts::Verdict::none && verify == Verify::on) {
    exchange.log(base::LogLevel::info, "client sent no required SSL certificate");
    return http::kNoCertificate;
  }
  return 0;
}

}  // namespace proxy
