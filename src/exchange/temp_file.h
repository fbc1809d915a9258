// A file for what memory should not hold: bodies of requests and of responses. Written by one at a time, on
// disk threads; read through its descriptor.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "exchange/file_body.h"

namespace exchange {

/// `path [level1 [level2 [level3]]]` of the temp path directives: digits of the number a subfolder's name
/// takes.
using TempLevels = std::array<uint8_t, 3>;

class TempFile {
 public:
  enum class After : uint8_t {
    unlinked,  ///< without a name from the start: gone with its last descriptor, also after a crash
    remove,    ///< removed with this object
    keep,      ///< stays
  };

  TempFile(std::string folder, const TempLevels& levels, After after)
      : folder_(std::move(folder)), levels_(levels), after_(after) {}
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  /// Opens the file the first time. Blocks: for disk threads. Errors: what the system said, with the path.
  base::Result<void> append(std::string_view bytes);
  /// Null until the first append().
  const SharedFd& fd() const { return fd_; }
  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }

 private:
  base::Result<void> open();
  std::string numbered_path(uint64_t number) const;

  std::string folder_;
  TempLevels levels_;
  After after_;
  std::string path_;
  SharedFd fd_;
  uint64_t size_ = 0;
};

}  // namespace exchange
