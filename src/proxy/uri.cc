#include "proxy/uri.h"

#include "exchange/exchange.h"

namespace proxy {

bool change_uri(exchange::Exchange& exchange, std::string_view uri) {
  size_t question = uri.find('?');
  std::string_view path = uri.substr(0, question);
  if (path.empty() || path.front() != '/') return false;
  exchange.request.path = path;
  exchange.request.query = question != std::string_view::npos ? uri.substr(question + 1) : std::string_view();
  exchange.forget_cached_variables();
  return true;
}

}  // namespace proxy
