// From a URI to a file: root, alias, and the prefix that relative ones start at.
#pragma once

#include <string_view>

namespace exchange {

class Exchange;

/// $document_root: root, or alias, of the exchange's route.
std::string_view document_root(Exchange& exchange);
/// The file that `uri` means here ($request_filename for the request's own path), in the exchange's arena and
/// followed by a NUL.
std::string_view file_path(Exchange& exchange, std::string_view uri);

}  // namespace exchange
