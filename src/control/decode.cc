#include "control/decode.h"

#include "base/text.h"

namespace control {

std::string decode(std::string_view text, bool plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    bool encoded = text[i] == '%' && i + 2 < text.size() && base::hex_value(text[i + 1]) >= 0 &&
                   base::hex_value(text[i + 2]) >= 0;
    if (encoded) {
      out.push_back(static_cast<char>(base::hex_value(text[i + 1]) * 16 + base::hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(plus && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> decode_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  base::split(query, '&', [&pairs](std::string_view part) {
    size_t equals = part.find('=');
    std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    pairs.emplace_back(decode(part.substr(0, equals), true), decode(value, true));
  });
  return pairs;
}

}  // namespace control
