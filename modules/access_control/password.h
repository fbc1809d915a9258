// Whether a password is the one that a line of a password file holds. Slow on purpose: for disk threads.
#pragma once

#include <string>
#include <string_view>

namespace access_control {

/// `stored`: crypt(3)'s forms, "$apr1$salt$…" (Apache's MD5), "{SHA}…", "{SSHA}…" (base64 of SHA-1, salted),
/// "{PLAIN}…". False too for a form that nobody knows.
bool password_matches(const std::string& password, std::string_view stored);

}  // namespace access_control
