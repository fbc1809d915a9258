// What we call ourselves, and whose configuration we read.
#pragma once

#include <string_view>

#include <config.h>

namespace exchange {

inline constexpr std::string_view kProduct = "proxycache/" PC_VERSION;
inline constexpr std::string_view kBuild = PC_BUILD;  ///< ./configure --build=; may be empty
/// $nginx_version, and the version told under the name nginx.
inline constexpr std::string_view kNginxVersion = "1.30.0";

}  // namespace exchange
