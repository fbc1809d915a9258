// proxy_buffering: reads an origin's body ahead of a slow client, into memory up to proxy_buffers and then
// into a temporary file, so that the origin is free early. A client that keeps up gets each piece as it
// comes.
//
// The order of the bytes: memory_, then the file, then staging_ (which is on its way to the file).
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "event/loop.h"
#include "exchange/temp_file.h"
#include "exchange/worker.h"
#include "http/body.h"

namespace proxy_core {

struct ReadAheadLimits {
  uint64_t buffer = 4096;             ///< one of proxy_buffers
  uint64_t memory = 32768;            ///< all of them
  uint64_t busy = 8192;               ///< offered to the client at once
  uint64_t file = uint64_t{1} << 30;  ///< proxy_max_temp_file_size; 0: no file
  uint64_t write = 8192;              ///< proxy_temp_file_write_size
  uint64_t rate = 0;                  ///< bytes a second from the origin; 0: no limit
  std::string folder;
  exchange::TempLevels levels{};
};

class ReadAhead final : public http::Body, private event::Ready {
 public:
  ReadAhead(exchange::Worker& worker, http::BodyPtr from, ReadAheadLimits limits);
  ~ReadAhead() override;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override { return from_->trailers(); }

 private:
  struct Spool;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t begin = 0;
    size_t end = 0;
  };

  void on_ready() override;
  http::Peek look(std::span<iovec> pieces);
  /// Takes what the origin has until it has nothing, or there is no room.
  void pull();
  bool pull_once();
  size_t room() const;
  void store(const char* bytes, size_t size);
  http::Peek offer_memory(std::span<iovec> pieces);
  http::Peek offer_file(std::span<iovec> pieces);
  bool uses_file() const;
  void flush();
  void on_written(base::Result<void> result, size_t size);
  void leave_file();
  void wake();
  uint64_t allowed();

  exchange::Worker& worker_;
  http::BodyPtr from_;
  ReadAheadLimits limits_;
  std::deque<Chunk> memory_;
  size_t in_memory_ = 0;
  std::shared_ptr<Spool> spool_;  // null: no file
  http::BodyPtr reading_;         // the part of the file that is being given out
  uint64_t written_ = 0;          // how much of the file is there
  uint64_t read_ = 0;             // how much of it was given out
  std::string staging_;
  http::Readiness source_ = http::Readiness::wait;  // what the origin's body said last
  bool direct_ = false;                             // what is left was offered as it lies in from_
  bool waiting_ = false;                            // the reader was told to wait
  bool no_file_ = false;                            // the disk failed: memory only
  event::Timer timer_;
  base::MonoTime began_;
  uint64_t taken_ = 0;
};

}  // namespace proxy_core
