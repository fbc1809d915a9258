// proxy_store: a copy of an origin's answer as a file. It passes by on its way to the client, goes to a
// temporary file, and takes its name when all of it is there: nobody ever sees a part, and what ends early
// leaves nothing.
#pragma once

#include <memory>
#include <string>

#include "exchange/temp_file.h"
#include "exchange/worker.h"
#include "http/body.h"

namespace proxy_core {

struct StoredFileOptions {
  std::string path;  ///< absolute; its folders are made
  uint32_t mode = 0600;
  std::optional<int64_t> modified;  ///< Last-Modified, seconds since 1970
  std::string temp_folder;
  exchange::TempLevels temp_levels{};
};

class StoringBody final : public http::Body {
 public:
  /// Bytes that wait for the disk; then the reader waits too.
  static constexpr size_t kMostStaged = 1 << 20;
  /// Written at once.
  static constexpr size_t kWrite = 64 * 1024;

  StoringBody(exchange::Worker& worker, http::BodyPtr from, StoredFileOptions options);
  ~StoringBody() override;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return from_->remaining(); }
  const http::Fields* trailers() const override { return from_->trailers(); }
  void set_reader(event::Ready* reader) override;

 private:
  class Copy;

  http::BodyPtr from_;
  std::shared_ptr<Copy> copy_;
  iovec seen_[16];  // what peek() named last, without what was consumed of it
  size_t seen_first_ = 0;
  size_t seen_count_ = 0;
  bool seen_last_ = false;
};

/// An answer without a body is stored too: as an empty file.
void store_empty_file(exchange::Worker& worker, StoredFileOptions options);

}  // namespace proxy_core
