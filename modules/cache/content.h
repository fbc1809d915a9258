// What of a complete 200 goes to this client: exchange/content.h, as this module names it.
#pragma once

#include "exchange/content.h"

namespace cache_module {

using exchange::Content;
using exchange::cut_content;
using exchange::select_content;

}  // namespace cache_module
