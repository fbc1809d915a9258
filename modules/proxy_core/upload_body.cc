#include "modules/proxy_core/upload_body.h"

#include "http/tokens.h"

namespace proxy_core {

const http::Fields* UploadBody::trailers() const {
  const http::Fields* all = from_.trailers();
  if (all == nullptr) return nullptr;
  std::string_view options = exchange_.request.fields.combined(http::Name::connection);
  auto* passed = exchange_.arena.make<http::Fields>(exchange_.arena);
  for (const http::Field& field : *all) {
    if (kept_back_.has(field) || http::list_has(options, field.name)) continue;
    passed->add(field);
  }
  return passed;
}

}  // namespace proxy_core
