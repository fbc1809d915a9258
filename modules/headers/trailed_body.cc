#include "modules/headers/trailed_body.h"

#include "http/syntax.h"

namespace headers {

const http::Fields* TrailedBody::trailers() const {
  if (fields_ != nullptr) return fields_;
  fields_ = exchange_.arena.make<http::Fields>(exchange_.arena);
  if (const http::Fields* own = body_->trailers(); own != nullptr) {
    for (const http::Field& field : *own) fields_->add(field);
  }
  for (const exchange::AddedHeader* added : added_) {
    std::string_view value = added->value.evaluate(exchange_);
    if (!value.empty() && http::is_field_value(value)) fields_->add(added->name, value);
  }
  exchange_.reply.trailers = fields_;
  return fields_;
}

}  // namespace headers
