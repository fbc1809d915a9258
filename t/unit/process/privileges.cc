#include "process/privileges.h"

#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::string temporary_folder() {
  char path[] = "/tmp/privileges-XXXXXX";
  cr_assert(mkdtemp(path) != nullptr);
  return path;
}

}  // namespace

Test(privileges, folders_are_made_with_their_parents) {
  std::string top = temporary_folder();
  process::Account account;
  account.uid = getuid();
  cr_assert(process::make_folder(top + "/a/b/c", 0700, account));
  cr_assert(process::make_folder(top + "/a/b/c", 0700, account));
  struct stat found;
  cr_assert_eq(stat((top + "/a/b/c").c_str(), &found), 0);
  cr_assert_eq(found.st_mode & 0777, 0700);
  for (const char* folder : {"/a/b/c", "/a/b", "/a", ""}) cr_assert_eq(rmdir((top + folder).c_str()), 0);
}

Test(privileges, a_file_in_the_way_is_an_error) {
  base::Result<void> made = process::make_folder("/dev/null/x", 0700, process::Account());
  cr_assert(!made);
  cr_assert(made.error().message.find("mkdir() \"/dev/null") != std::string::npos);
}

Test(privileges, unknown_users_are_errors_only_for_root) {
  base::Result<process::Account> account = process::Account::find("no-such-user-here", "");
  cr_assert_eq(account.has_value(), geteuid() != 0);
}
