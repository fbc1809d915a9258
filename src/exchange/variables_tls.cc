// The variables of a TLS connection. All are empty without TLS, and in an exchange that no client waits for.

#include "base/text.h"
#include "exchange/subject.h"
#include "net/tls_facts.h"

namespace exchange {
namespace {

using Argument = std::string_view;
using Constant = const void*;
using net::TlsFacts;

const TlsFacts* facts_of(const Subject& e) {
  const TlsFacts* facts = e.connection.tls;
  return facts == nullptr || facts->is_plain() ? nullptr : facts;
}

/// What a member of TlsFacts says, copied; not found when that is nothing.
template <auto Member>
Value fact(Subject& e, Argument, Constant) {
  const TlsFacts* facts = facts_of(e);
  if (facts == nullptr) return Value::none();
  std::string_view text = e.arena.copy(std::string_view((facts->*Member)()));
  return text.empty() ? Value::none() : Value{text};
}

Value session_reused(Subject& e, Argument, Constant) {
  const TlsFacts* facts = facts_of(e);
  return facts == nullptr ? Value::none() : Value{facts->session_reused() ? "r" : "."};
}

Value client_verify(Subject& e, Argument, Constant) {
  const TlsFacts* facts = facts_of(e);
  if (facts == nullptr) return Value::none();
  switch (facts->client_verdict()) {
    case TlsFacts::Verdict::none: return {"NONE"};
    case TlsFacts::Verdict::success: return {"SUCCESS"};
    case TlsFacts::Verdict::failed: break;
  }
  return {e.arena.join("FAILED:", facts->client_verify_text())};
}

Value raw_certificate(Subject& e, Argument, Constant) {
  const TlsFacts* facts = facts_of(e);
  if (facts == nullptr) return Value::none();
  std::string pem = facts->client_certificate();
  if (!pem.empty() && pem.back() == '\n') pem.pop_back();
  return pem.empty() ? Value::none() : Value{e.arena.copy(pem)};
}

// Fit for a field as it was once folded: each line but the first begins with a tab.
Value certificate(Subject& e, Argument argument, Constant constant) {
  Value raw = raw_certificate(e, argument, constant);
  if (!raw.found) return raw;
  std::string folded;
  for (char c : raw.text) {
    folded += c;
    if (c == '\n') folded += '\t';
  }
  return {e.arena.copy(folded)};
}

Value escaped_certificate(Subject& e, Argument, Constant) {
  const TlsFacts* facts = facts_of(e);
  if (facts == nullptr) return Value::none();
  constexpr std::string_view kSafe = "-._~";
  std::string escaped;
  for (char c : facts->client_certificate()) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 kSafe.find(c) != std::string_view::npos;
    if (plain)
      escaped += c;
    else
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped.empty() ? Value::none() : Value{e.arena.copy(escaped)};
}

struct Named {
  std::string_view name;
  GetShared get;
};

constexpr Named kVariables[] = {
    {"ssl_alpn_protocol", fact<&TlsFacts::alpn>},
    {"ssl_cipher", fact<&TlsFacts::cipher>},
    {"ssl_ciphers", fact<&TlsFacts::ciphers>},
    {"ssl_client_cert", certificate},
    {"ssl_client_escaped_cert", escaped_certificate},
    {"ssl_client_fingerprint", fact<&TlsFacts::client_fingerprint>},
    {"ssl_client_i_dn", fact<&TlsFacts::client_issuer>},
    {"ssl_client_i_dn_legacy", fact<&TlsFacts::client_issuer_legacy>},
    {"ssl_client_raw_cert", raw_certificate},
    {"ssl_client_s_dn", fact<&TlsFacts::client_subject>},
    {"ssl_client_s_dn_legacy", fact<&TlsFacts::client_subject_legacy>},
    {"ssl_client_serial", fact<&TlsFacts::client_serial>},
    {"ssl_client_v_end", fact<&TlsFacts::client_valid_until>},
    {"ssl_client_v_remain", fact<&TlsFacts::client_days_left>},
    {"ssl_client_v_start", fact<&TlsFacts::client_valid_from>},
    {"ssl_client_verify", client_verify},
    {"ssl_curve", fact<&TlsFacts::curve>},
    {"ssl_curves", fact<&TlsFacts::curves>},
    {"ssl_protocol", fact<&TlsFacts::protocol>},
    {"ssl_server_name", fact<&TlsFacts::server_name>},
    {"ssl_session_id", fact<&TlsFacts::session_id>},
    {"ssl_session_reused", session_reused},
};

}  // namespace

void define_tls_variables(Variables& variables) {
  for (const Named& named : kVariables) variables.define(std::string(named.name), named.get);
}

}  // namespace exchange
