#include "proto/h3/fields.h"

namespace h3 {

nghttp3_nv line(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP3_NV_FLAG_NO_COPY_NAME | NGHTTP3_NV_FLAG_NO_COPY_VALUE};
}

void append(const http::Field& field, std::vector<nghttp3_nv>& lines, base::Arena& arena) {
  if (http::is_sendable(field))
    lines.push_back(line(http::lower_name(field, arena), http::sendable_value(field.value, arena)));
}

void append(const http::Fields& fields, std::vector<nghttp3_nv>& lines, base::Arena& arena) {
  for (const http::Field& field : fields) append(field, lines, arena);
}

}  // namespace h3
