#include "http/body.h"

namespace http {
namespace {

Peek one_piece(std::string_view text, std::span<iovec> pieces) {
  if (text.empty()) return {Readiness::end, 0, true};
  pieces[0] = {const_cast<char*>(text.data()), text.size()};
  return {Readiness::ready, 1, true};
}

}  // namespace

Peek TextBody::peek(std::span<iovec> pieces) { return one_piece(text_, pieces); }

Peek StringBody::peek(std::span<iovec> pieces) {
  return one_piece(std::string_view(text_).substr(taken_), pieces);
}

}  // namespace http
