// Opening files for exchanges without blocking the loop: what the kernel has in its caches at once, the rest
// on a disk thread; with open_file_cache, what was opened before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/task.h"
#include "exchange/file_body.h"

namespace exchange {

class Worker;
struct CoreConf;

/// What opening a path gave.
struct OpenedFile {
  OpenedFile() {}
  int error = 0;              ///< errno; nothing else counts then
  const char* call = "open";  ///< what failed
  SharedFd fd;                ///< of a directory too
  bool is_directory = false;
  bool is_regular = false;
  uint64_t size = 0;
  int64_t modified = 0;  ///< seconds since 1970
  uint64_t inode = 0;
};

/// Opens `path` for reading; `cached_only`: without waiting for a disk, error EAGAIN where that cannot be.
OpenedFile open_path(const std::string& path, bool cached_only);

/// Opens `path`, through the open_file_cache of `core` if it has one.
event::Task<OpenedFile> open_file(Worker& worker, const CoreConf& core, std::string_view path);

}  // namespace exchange
