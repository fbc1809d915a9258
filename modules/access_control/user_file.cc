#include "modules/access_control/user_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <string_view>

#include "modules/access_control/password.h"
#include "net/fd.h"

namespace access_control {
namespace {

constexpr size_t kLargestFile = 16 << 20;

/// The whole file; false with errno set.
bool read_all(const std::string& path, std::string& text) {
  net::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  char buffer[16384];
  for (;;) {
    ssize_t got = read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    if (text.size() + static_cast<size_t>(got) > kLargestFile) {
      errno = EFBIG;
      return false;
    }
    text.append(buffer, static_cast<size_t>(got));
  }
}

/// What stands behind "user:" up to the next colon or the end of the line.
std::optional<std::string_view> stored_password(std::string_view text, std::string_view user) {
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    bool is_user = line.size() > user.size() && line[user.size()] == ':' && line.starts_with(user);
    if (!is_user || line.starts_with('#')) continue;
    std::string_view password = line.substr(user.size() + 1);
    return password.substr(0, password.find(':'));
  }
  return std::nullopt;
}

}  // namespace

UserCheck check_user(const std::string& path, const std::string& user, const std::string& password) {
  UserCheck check;
  std::string text;
  if (!read_all(path, text)) {
    check.error = errno;
    return check;
  }
  std::optional<std::string_view> stored = stored_password(text, user);
  if (!stored) {
    check.outcome = UserCheck::Outcome::unknown_user;
    return check;
  }
  check.outcome = password_matches(password, *stored) ? UserCheck::Outcome::right : UserCheck::Outcome::wrong;
  return check;
}

}  // namespace access_control
