// The page that stands for an error where no error_page does.
#pragma once

#include <string>
#include <string_view>

namespace proxy {

struct ErrorPageText {
  std::string_view content_type;
  std::string text;  ///< empty: this status has no page (304, 204, 1xx, and 2xx)
};

/// A short page for `status`; `signature` (see exchange::server_signature) stands at its end unless it is
/// empty.
ErrorPageText make_error_page(int status, std::string_view signature);

}  // namespace proxy
