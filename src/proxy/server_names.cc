#include "proxy/server_names.h"

#include <algorithm>

#include "base/text.h"
#include "proxy/http2_conf.h"
#include "proxy/router.h"

namespace proxy {

base::Result<ServerName> ServerName::parse(std::string_view text, exchange::Variables& variables) {
  ServerName name;
  if (text.starts_with('~')) {
    if (text.size() == 1) return base::fail("empty regex in server name \"{}\"", text);
    auto regex = exchange::Regex::compile(text.substr(1), true, &variables);
    if (!regex) return tl::unexpected(regex.error());
    name.regex = std::move(*regex);
    name.text = std::string(text);
    return name;
  }
  name.text = base::lower(text);
  std::string_view inner = name.text;
  if (inner.starts_with("*."))
    inner.remove_prefix(2);
  else if (inner.ends_with(".*"))
    inner.remove_suffix(2);
  else if (inner.starts_with('.'))
    inner.remove_prefix(1);
  if (inner.find('*') != std::string_view::npos || (inner.empty() && !name.text.empty())) {
    return base::fail("server name \"{}\" is invalid: a wildcard stands only at the start or the end", text);
  }
  if (inner.find_first_of("/\\ ") != std::string_view::npos)
    return base::fail("server name \"{}\" is invalid", text);
  return name;
}

void ServerNames::put(Table& table, std::string name, const VirtualServer& server,
                      const std::string& written) {
  auto [place, fresh] = table.emplace(std::move(name), &server);
  if (!fresh && place->second != &server) conflicts_.push_back(written);
}

void ServerNames::add(const VirtualServer& server) {
  if (default_ == nullptr) default_ = &server;
  servers_.push_back(&server);
  for (const ServerName& name : server.server_names) {
    const std::string& text = name.text;
    if (name.regex)
      regexes_.emplace_back(name.regex, &server);
    else if (text.starts_with("*."))
      put(front_, text.substr(1), server, text);
    else if (text.ends_with(".*"))
      put(behind_, text.substr(0, text.size() - 1), server, text);
    else if (text.starts_with('.')) {
      put(front_, text, server, text);
      put(exact_, text.substr(1), server, text);
    } else
      put(exact_, text, server, text);
  }
}

bool ServerNames::set_default(const VirtualServer& server) {
  if (default_named_) return false;
  default_named_ = true;
  default_ = &server;
  return true;
}

const VirtualServer& ServerNames::find(std::string_view host, exchange::Exchange* exchange) const {
  if (exact_.empty() && front_.empty() && behind_.empty() && regexes_.empty()) return *default_;
  std::string key(host);
  if (auto found = exact_.find(key); found != exact_.end()) return *found->second;
  if (!front_.empty()) {
    for (size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
      if (auto found = front_.find(key.substr(dot)); found != front_.end()) return *found->second;
    }
  }
  if (!behind_.empty()) {
    for (size_t dot = host.rfind('.'); dot != std::string_view::npos && dot > 0;
         dot = host.rfind('.', dot - 1)) {
      if (auto found = behind_.find(key.substr(0, dot + 1)); found != behind_.end()) return *found->second;
    }
  }
  for (const auto& [regex, server] : regexes_) {
    bool matches = exchange != nullptr ? regex->match(host, *exchange) : regex->match(host);
    if (matches) return *server;
  }
  return *default_;
}

const VirtualServer& ServerNames::server_of(std::string_view name) const {
  return name.empty() ? *default_ : find(name, nullptr);
}

bool ServerNames::speaks_h2(std::string_view name) const { return h2_ || http2_of(server_of(name)).on; }

bool ServerNames::any_h2() const {
  return h2_ || std::ranges::any_of(servers_, [](const VirtualServer* s) { return http2_of(*s).on; });
}

const net::TlsContext* ServerNames::tls_context(std::string_view name) const {
  const VirtualServer& server = server_of(name);
  return server.tls != nullptr ? server.tls.get() : default_->tls.get();
}

proto::QuicServer ServerNames::quic_server(std::string_view name) const {
  const VirtualServer& named = name.empty() ? *default_ : find(name, nullptr);
  const VirtualServer& shown = named.tls != nullptr && named.quic_keys != nullptr ? named : *default_;
  return {shown.tls.get(), shown.quic_keys.get(), named.http3};
}

}  // namespace proxy
