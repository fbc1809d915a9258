#include "exchange/server_signature.h"

#include "exchange/core_conf.h"
#include "exchange/exchange.h"
#include "exchange/version.h"

namespace exchange {

std::string_view server_signature(Exchange& exchange) {
  using Tokens = CoreConf::ServerTokens;
  const CoreConf& core = *exchange.route->core;
  switch (core.server_tokens) {
    case Tokens::off: return kProduct.substr(0, kProduct.find('/'));
    case Tokens::on: return kProduct;
    case Tokens::build: return kBuild.empty() ? kProduct : exchange.arena.join(kProduct, " (", kBuild, ")");
    case Tokens::text: return core.server_tokens_text.evaluate(exchange);
  }
  return kProduct;
}

}  // namespace exchange
