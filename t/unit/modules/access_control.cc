#include "modules/access_control/access_control.h"

#include <unistd.h>

#include <fstream>

#include "modules/access_control/password.h"
#include "t/unit/exchange/rig.h"

using exchange::Verdict;

Test(access, first_rule_that_fits_decides) {
  rig::Rig denied("deny 192.0.2.7; allow all;", {&access_control::kModule});
  cr_assert(denied.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(denied.status(), 403);
  cr_assert(denied.log_.has("access forbidden by rule"));
  rig::Rig allowed("allow 192.0.2.0/24; deny all;", {&access_control::kModule});
  cr_assert(allowed.request(access_control::kModule) == Verdict::next);
}

namespace {
class UserFile {
 public:
  UserFile() { std::ofstream(path_) << "# comment\njoe:{PLAIN}secret:more\nann:$apr1$salt$wrong\n"; }
  ~UserFile() { unlink(path_.c_str()); }
  std::string directives(std::string_view more = "") const {
    return fmt::format("auth_basic \"the \\\"realm\"; auth_basic_user_file {}; {}", path_, more);
  }

 private:
  std::string path_ = fmt::format("/tmp/pc-users-{}", getpid());
};
constexpr std::string_view kJoe = "Basic am9lOnNlY3JldA==";
}  // namespace

Test(access, right_password_names_the_user) {
  UserFile file;
  rig::Rig rig(file.directives(), {&access_control::kModule});
  rig.stream.request().fields.add("Authorization", kJoe);
  cr_assert(rig.request(access_control::kModule) == Verdict::next);
  rig::same(rig.exchange().user, "joe");
}

Test(access, without_a_password_a_challenge) {
  UserFile file;
  rig::Rig rig(file.directives(), {&access_control::kModule});
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(rig.status(), 401);
  rig::same(rig.header("WWW-Authenticate"), "Basic realm=\"the \\\"realm\"");
}

Test(access, wrong_password_is_logged) {
  UserFile file;
  rig::Rig rig(file.directives(), {&access_control::kModule});
  rig.stream.request().fields.add("Authorization", "Basic am9lOndyb25n");
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(rig.status(), 401);
  cr_assert(rig.log_.has("user \"joe\": password mismatch"));
}

Test(access, satisfy_any_takes_either) {
  UserFile file;
  rig::Rig address(file.directives("satisfy any; allow 192.0.2.7; deny all;"), {&access_control::kModule});
  cr_assert(address.request(access_control::kModule) == Verdict::next);
  rig::Rig password(file.directives("satisfy any; deny all;"), {&access_control::kModule});
  password.stream.request().fields.add("Authorization", kJoe);
  cr_assert(password.request(access_control::kModule) == Verdict::next);
  rig::Rig neither(file.directives("satisfy any; deny all;"), {&access_control::kModule});
  cr_assert(neither.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(neither.status(), 401);
}

Test(access, missing_file_is_403) {
  rig::Rig rig("auth_basic x; auth_basic_user_file /nowhere/users;", {&access_control::kModule});
  rig.stream.request().fields.add("Authorization", kJoe);
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(rig.status(), 403);
}

Test(access, refusal_waits_auth_delay) {
  UserFile file;
  rig::Rig rig(file.directives("auth_delay 50ms;"), {&access_control::kModule});
  base::MonoTime before = rig.worker.loop().now();
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_geq(rig.worker.loop().now() - before, 45);
}

Test(password, every_form) {
  using access_control::password_matches;
  // openssl passwd -apr1 -salt abcdefgh secret; openssl passwd -6 -salt salt secret; and base64 of SHA-1.
  cr_assert(password_matches("secret", "{PLAIN}secret"));
  cr_assert_not(password_matches("Secret", "{PLAIN}secret"));
  cr_assert(password_matches("secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
  cr_assert_not(password_matches("x", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
  cr_assert(password_matches("secret", "{SSHA}UgCJjM+VJJYduihDuk0aPpDtY9RzYWx0eQ=="));
  cr_assert(password_matches("secret", "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"));
  cr_assert(
      password_matches("a long password of more than sixteen letters", "$apr1$xy$zxqx.V0Pv4snG8YTEpuy6/"));
  cr_assert_not(password_matches("Secret", "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"));
  cr_assert(password_matches(
      "secret",
      "$6$salt$egUxKNxDs8kPfh8iPMNcosMhb2eWah6d3R44JDm5Rj/j/XWR5E33QPd0YmHXoDHOIDR6kL5D3JcQcz0O8FHE00"));
  cr_assert_not(password_matches(
      "other",
      "$6$salt$egUxKNxDs8kPfh8iPMNcosMhb2eWah6d3R44JDm5Rj/j/XWR5E33QPd0YmHXoDHOIDR6kL5D3JcQcz0O8FHE00"));
  cr_assert_not(password_matches("secret", "*"));
  cr_assert_not(password_matches("", ""));
}
