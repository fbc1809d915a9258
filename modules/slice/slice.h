// slice: a large representation is fetched and stored in parts of one size. The configuration says what is
// asked
// (`proxy_set_header Range $slice_range`) and what tells the parts apart (`proxy_cache_key …$slice_range`),
// as in nginx; where $slice_range was used, the answer to the client is put together from parts.
#pragma once

#include "exchange/module.h"

namespace slice {

extern const exchange::Module kModule;

}  // namespace slice
