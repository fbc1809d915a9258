#include "exchange/tls_setters.h"

#include <algorithm>

#include "conf/setters.h"
#include "exchange/builder.h"

namespace exchange {
namespace {

using net::TlsOptions;

constexpr std::string_view kKind = "tls to origins";
using Contexts = std::vector<std::shared_ptr<const net::TlsClientContext>>;

constexpr std::pair<std::string_view, TlsOptions::Protocol> kProtocols[] = {{"TLSv1", TlsOptions::kTls10},
                                                                            {"TLSv1.1", TlsOptions::kTls11},
                                                                            {"TLSv1.2", TlsOptions::kTls12},
                                                                            {"TLSv1.3", TlsOptions::kTls13}};

}  // namespace

std::string tls_path(std::string_view path, const conf::Site& site) {
  return path.starts_with('/') ? std::string(path) : site.conf_prefix + std::string(path);
}

base::Result<uint8_t> parse_tls_protocols(const conf::Directive& directive) {
  uint8_t protocols = 0;
  for (const conf::Word& word : directive.args) {
    if (word.text == "SSLv2" || word.text == "SSLv3")
      return base::fail("\"{}\" is broken and not spoken here", word.text);
    const auto* found =
        std::ranges::find(kProtocols, word.text, &std::pair<std::string_view, TlsOptions::Protocol>::first);
    if (found == std::end(kProtocols))
      return base::fail("invalid value \"{}\", it must be TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3", word.text);
    protocols |= found->second;
  }
  return protocols;
}

base::Result<int> parse_tls_depth(std::string_view text) {
  base::Result<int64_t> depth = conf::detail::parse_number(text);
  if (!depth) return tl::unexpected(depth.error());
  if (*depth < 0 || *depth > 100) return base::fail("value \"{}\" is out of range", text);
  return static_cast<int>(*depth);
}

base::Result<void> refuse_special_certificate(std::string_view path) {
  if (path.find('$') != std::string_view::npos)
    return base::fail("variables in the name of a certificate are not built yet");
  for (std::string_view prefix : {"data:", "engine:", "store:"}) {
    if (path.starts_with(prefix)) return base::fail("\"{}\" is not built yet", prefix);
  }
  return {};
}

base::Result<std::shared_ptr<const net::TlsClientContext>> tls_client_context(
    Builder& builder, const net::TlsClientOptions& options) {
  auto contexts = builder.shared<Contexts>(kKind, "contexts", [] { return std::make_shared<Contexts>(); });
  for (const auto& context : *contexts) {
    if (context->options() == options) return context;
  }
  auto made = net::TlsClientContext::make(options);
  if (made) contexts->push_back(*made);
  return made;
}

bool has_tls_client_keys(const Builder& builder) {
  auto contexts = builder.find_shared<Contexts>(kKind, "contexts");
  return contexts != nullptr && std::ranges::any_of(*contexts, [](const auto& context) {
           return !context->options().certificate_key.empty();
         });
}

}  // namespace exchange
