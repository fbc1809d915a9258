// Which of several stored responses of one key a request selects: Vary (RFC 9111 §4.1).
#pragma once

#include <string>
#include <string_view>

#include "base/hash.h"
#include "http/fields.h"

namespace cache {

/// The names in Vary, lower case, sorted, without repetition, joined with ","; empty when there is no Vary.
std::string vary_list(const http::Fields& response);

/// The place of the variant a request selects: from the key's own digest, the salt of its marker (a purged
/// marker's variants are never found again), the list of names, and the request's values of these fields.
/// Values are compared as §4.1 allows: lines joined, white space around commas and at the ends ignored;
/// Accept-Encoding without regard to order, case and q=1.
base::Digest variant_digest(const base::Digest& key, uint64_t salt, std::string_view list,
                            const http::Fields& request);

}  // namespace cache
