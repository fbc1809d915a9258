// A password file: looked up and compared on a disk thread.
#pragma once

#include <string>

namespace access_control {

/// What a password file says of a user.
struct UserCheck {
  enum class Outcome : uint8_t { right, wrong, unknown_user, unreadable } outcome = Outcome::unreadable;
  int error = 0;  ///< errno, when unreadable
};

/// Reads `path` ("name:password[:comment]" lines, "#" begins a comment line) and checks. Blocks.
UserCheck check_user(const std::string& path, const std::string& user, const std::string& password);

}  // namespace access_control
