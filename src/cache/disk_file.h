// The files a disk store lies in, as an interface: the system's in service, faulty ones in tests. Every call
// but a read with `nowait` may block: it is for disk threads and for start.
//
// Numbers, not exceptions: a result below 0 is a negative errno.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"

namespace cache {

/// One file. Its functions may be called from several threads at once.
class DiskFile {
 public:
  enum class Hold : uint8_t { shared, exclusive };

  virtual ~DiskFile() = default;
  /// Bytes read: fewer than asked at the end of the file, or with `nowait` at the end of what is in memory
  /// (-EAGAIN: nothing is).
  virtual ssize_t read(void* out, size_t size, uint64_t at, bool nowait) = 0;
  /// Bytes written, perhaps fewer than asked.
  virtual ssize_t write(std::span<const iovec> pieces, uint64_t at) = 0;
  /// What was written is on the disk (fdatasync).
  virtual int sync() = 0;
  /// The disk has room for these bytes from now on.
  virtual int reserve(uint64_t at, uint64_t size) = 0;
  /// Gives the room of these bytes back; they read as zeros.
  virtual int discard(uint64_t at, uint64_t size) = 0;
  virtual int resize(uint64_t size) = 0;
  virtual int64_t size() = 0;
  /// These bytes are read soon: a hint.
  virtual void prefetch(uint64_t at, uint64_t size) = 0;
  /// Says which processes use the file, never waiting; gone with the process. -EAGAIN: another's hold forbids
  /// it.
  virtual int hold(Hold hold) = 0;
  /// Keeps others out for the moment, waiting for them: pairs of these calls are short.
  virtual int lock() = 0;
  virtual void unlock() = 0;
  /// Whether the name it was opened by leads elsewhere by now.
  virtual bool replaced() = 0;
};

using DiskFilePtr = std::unique_ptr<DiskFile>;

/// The folder of one store.
class DiskFolder {
 public:
  virtual ~DiskFolder() = default;
  /// Opens the file for reading and writing, making it when it is not there.
  virtual base::Result<DiskFilePtr> open(const std::string& name) = 0;
  /// `from` takes the place of `to`, also after a power loss.
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int remove(const std::string& name) = 0;
  /// Bytes that can still be written to this file system.
  virtual int64_t free_space() = 0;
};

/// The system's. The folder is there (its maker is the master).
std::unique_ptr<DiskFolder> make_system_folder(std::string path);

/// All of it or an error; short reads and writes are continued. A file that ends too early: code 0.
base::Result<void> read_fully(DiskFile& file, void* out, size_t size, uint64_t at);
base::Result<void> write_fully(DiskFile& file, std::span<const iovec> pieces, uint64_t at);
base::Result<void> write_fully(DiskFile& file, const void* bytes, size_t size, uint64_t at);

}  // namespace cache
