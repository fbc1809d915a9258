// Who the workers are: looked up by the master, taken on by each worker and the keeper right after fork.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"

namespace process {

/// A user and a group with their numbers. When the master is not root, workers stay who it is: `changes` is
/// false.
struct Account {
  std::string user;
  uid_t uid = 0;
  gid_t gid = 0;
  bool changes = false;

  /// Errors: no such user or group. An empty group is the user's own.
  static base::Result<Account> find(const std::string& user, const std::string& group);
};

/// Becomes `account` for good, supplementary groups included, and stays dumpable.
base::Result<void> take_on(const Account& account);

/// From now on this process, which holds private keys, leaves no core file, and others of its user cannot
/// look into its memory.
void hide_memory();

/// Raises the soft limit of open files to `wanted`, at most to the hard limit unless root. Returns the soft
/// limit now.
base::Result<uint64_t> raise_open_files(uint64_t wanted);
/// `worker_rlimit_nofile`: sets both limits.
base::Result<void> set_open_files(uint64_t limit);
uint64_t open_files_limit();

/// Makes the folder and its missing parents; the folder itself gets `mode` and, when the master is root, is
/// given to `account`. An existing folder that belongs to somebody else is given too, as nginx does with its
/// temp folders.
base::Result<void> make_folder(const std::string& path, mode_t mode, const Account& account);
/// The folders above the file at `path`, as root's and readable.
base::Result<void> make_parents(const std::string& path);

}  // namespace process
