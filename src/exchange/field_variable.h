// A field by the name a variable gives it: "x_forwarded_for" is X-Forwarded-For.
#pragma once

#include <string_view>

#include "exchange/variable.h"
#include "http/fields.h"

namespace exchange {

/// All values of the field, joined by ", " (Cookie: by "; ") in the fields' arena where there are several.
/// `name` is in lower case with "_" for "-"; a field whose own name holds "_" matches too.
Value field_variable(const http::Fields& fields, std::string_view name);

}  // namespace exchange
