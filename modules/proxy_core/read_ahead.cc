#include "modules/proxy_core/read_ahead.h"

#include <algorithm>
#include <cstring>

namespace proxy_core {

using http::Peek;
using http::Readiness;

/// What a disk thread may still use when the body is gone.
struct ReadAhead::Spool {
  Spool(std::string folder, const exchange::TempLevels& levels)
      : file(std::move(folder), levels, exchange::TempFile::After::unlinked) {}
  exchange::TempFile file;
  std::string bytes;  // being written
  base::Result<void> result;
  bool writing = false;
  ReadAhead* owner = nullptr;
};

ReadAhead::ReadAhead(exchange::Worker& worker, http::BodyPtr from, ReadAheadLimits limits)
    : worker_(worker),
      from_(std::move(from)),
      limits_(std::move(limits)),
      timer_(
          worker.loop(), [](void* self) { static_cast<ReadAhead*>(self)->on_ready(); }, this),
      began_(worker.loop().now()) {
  from_->set_reader(this);
}

ReadAhead::~ReadAhead() {
  from_->set_reader(nullptr);
  if (spool_) spool_->owner = nullptr;
}

bool ReadAhead::uses_file() const {
  return spool_ != nullptr && (spool_->writing || read_ < written_ || !staging_.empty());
}

size_t ReadAhead::room() const {
  if (!uses_file() && in_memory_ < limits_.memory) return limits_.memory - in_memory_;
  if (limits_.file == 0 || no_file_) return 0;
  uint64_t in_file = written_ + staging_.size() + (spool_ && spool_->writing ? spool_->bytes.size() : 0);
  if (in_file >= limits_.file || staging_.size() >= limits_.write) return 0;
  return std::min<uint64_t>(limits_.write - staging_.size(), limits_.file - in_file);
}

// proxy_limit_rate: how many bytes the time so far lets through.
uint64_t ReadAhead::allowed() {
  if (limits_.rate == 0) return UINT64_MAX;
  base::MonoTime now = worker_.loop().now();
  uint64_t budget = limits_.rate * static_cast<uint64_t>(now - began_ + 1000) / 1000;
  if (budget > taken_) return budget - taken_;
  uint64_t wait = (taken_ - budget) * 1000 / limits_.rate + 1;
  timer_.start(base::Duration(static_cast<int64_t>(wait)));
  return 0;
}

void ReadAhead::store(const char* bytes, size_t size) {
  if (uses_file() || in_memory_ >= limits_.memory) {
    if (!spool_) {
      spool_ = std::make_shared<Spool>(limits_.folder, limits_.levels);
      spool_->owner = this;
    }
    staging_.append(bytes, size);
    return;
  }
  in_memory_ += size;
  while (size > 0) {
    if (memory_.empty() || memory_.back().end == limits_.buffer) {
      memory_.push_back({std::unique_ptr<char[]>(new char[limits_.buffer]), 0, 0});
    }
    Chunk& chunk = memory_.back();
    size_t part = std::min<size_t>(size, limits_.buffer - chunk.end);
    std::memcpy(chunk.bytes.get() + chunk.end, bytes, part);
    chunk.end += part;
    bytes += part;
    size -= part;
  }
}

// One look at the origin's body. True when something came and there may be more.
bool ReadAhead::pull_once() {
  if (direct_ || source_ == Readiness::end || source_ == Readiness::failed) return false;
  size_t most = std::min<uint64_t>(room(), allowed());
  if (most == 0) return false;
  iovec pieces[16];
  Peek seen = from_->peek(pieces);
  source_ = seen.state;
  if (seen.state != Readiness::ready) return false;
  size_t taken = 0;
  size_t offered = 0;
  for (int i = 0; i < seen.count && taken < most; ++i) {
    size_t part = std::min<size_t>(pieces[i].iov_len, most - taken);
    // Memory and file have their own limits: a piece may be split between them.
    for (size_t done = 0; done < part;) {
      size_t here = std::min<size_t>(part - done, std::max<size_t>(room(), 1));
      store(static_cast<const char*>(pieces[i].iov_base) + done, here);
      done += here;
    }
    taken += part;
  }
  for (int i = 0; i < seen.count; ++i) offered += pieces[i].iov_len;
  from_->consume(taken);
  taken_ += taken;
  if (seen.last && taken == offered) source_ = Readiness::end;
  return true;
}

void ReadAhead::pull() {
  while (pull_once()) {}
  flush();
}

void ReadAhead::flush() {
  if (!spool_ || spool_->writing || staging_.empty() || no_file_) return;
  bool is_over = source_ == Readiness::end || source_ == Readiness::failed;
  if (staging_.size() < limits_.write && !is_over && source_ != Readiness::wait) return;
  spool_->writing = true;
  spool_->bytes.swap(staging_);
  staging_.clear();
  worker_.disk().run([spool = spool_] { spool->result = spool->file.append(spool->bytes); },
                     [spool = spool_] {
                       spool->writing = false;
                       if (spool->owner != nullptr) {
                         spool->owner->on_written(std::move(spool->result), spool->bytes.size());
                       }
                     });
}

void ReadAhead::on_written(base::Result<void> result, size_t size) {
  if (result) {
    written_ += size;
  } else {
    // What could not be written is still here, and goes out when its turn comes; no more is read ahead into a
    // file.
    worker_.log().print(base::LogLevel::error, "{}: the response is kept in memory only",
                        result.error().message);
    no_file_ = true;
    staging_.insert(0, spool_->bytes);
  }
  spool_->bytes.clear();
  on_ready();
}

// The file was given out whole: what is left is small and goes through memory again, and the next file begins
// anew.
void ReadAhead::leave_file() {
  if (!spool_ || spool_->writing || read_ < written_ || reading_) return;
  std::string rest;
  rest.swap(staging_);
  spool_->owner = nullptr;
  spool_.reset();
  read_ = written_ = 0;
  if (!rest.empty()) {
    size_t limit = std::exchange(limits_.memory, SIZE_MAX);
    store(rest.data(), rest.size());
    limits_.memory = limit;
  }
}

Peek ReadAhead::offer_memory(std::span<iovec> pieces) {
  Peek offer{Readiness::ready, 0, false};
  size_t size = 0;
  for (Chunk& chunk : memory_) {
    if (static_cast<size_t>(offer.count) == pieces.size() || size >= limits_.busy) break;
    size_t part = std::min<size_t>(chunk.end - chunk.begin, limits_.busy - size);
    pieces[offer.count++] = {chunk.bytes.get() + chunk.begin, part};
    size += part;
  }
  offer.last = size == in_memory_ && source_ == Readiness::end && !uses_file();
  return offer;
}

Peek ReadAhead::offer_file(std::span<iovec> pieces) {
  if (!reading_) {
    reading_ = std::make_unique<exchange::FileBody>(worker_, spool_->file.fd(), read_, written_ - read_);
    reading_->set_reader(this);
  }
  Peek offer = reading_->peek(pieces);
  offer.last = false;
  return offer;
}

Peek ReadAhead::peek(std::span<iovec> pieces) {
  Peek seen = look(pieces);
  waiting_ = seen.state == Readiness::wait;
  return seen;
}

Peek ReadAhead::look(std::span<iovec> pieces) {
  if (direct_) return from_->peek(pieces);
  leave_file();
  if (in_memory_ == 0 && !uses_file()) {
    // Nothing is kept. When all that is left lies ready, it goes out from where it lies.
    if (limits_.rate == 0 && source_ != Readiness::end && source_ != Readiness::failed) {
      Peek seen = from_->peek(pieces);
      source_ = seen.state;
      direct_ = seen.state == Readiness::ready && seen.last;
      if (direct_ || seen.state != Readiness::ready) return seen;
    }
    pull_once();
  }
  if (in_memory_ > 0) {
    if (source_ != Readiness::end) worker_.loop().post(*this);  // has the client taken it by then?
    return offer_memory(pieces);
  }
  if (spool_ && read_ < written_) return offer_file(pieces);
  if (uses_file()) return {};
  return {source_ == Readiness::ready ? Readiness::wait : source_, 0, source_ == Readiness::end};
}

void ReadAhead::consume(size_t bytes) {
  if (direct_) return from_->consume(bytes);
  if (in_memory_ == 0) {
    reading_->consume(bytes);
    read_ += bytes;
    if (reading_->remaining() == uint64_t{0}) reading_.reset();
    return;
  }
  in_memory_ -= bytes;
  while (bytes > 0) {
    Chunk& chunk = memory_.front();
    size_t part = std::min(bytes, chunk.end - chunk.begin);
    chunk.begin += part;
    bytes -= part;
    if (chunk.begin < chunk.end) break;
    // An emptied buffer serves again, so that a client that keeps up needs one.
    chunk.begin = chunk.end = 0;
    if (memory_.size() > 1) memory_.pop_front();
  }
}

void ReadAhead::wake() {
  if (waiting_ && reader_ != nullptr) worker_.loop().post(*reader_);
}

// The origin has more, the file was written or read, or the client had time to take what was offered: one
// that has not is read ahead of, and so is one that took all and asks for no more.
void ReadAhead::on_ready() {
  if (direct_) return wake();
  if (in_memory_ > 0 || uses_file() || !waiting_) pull();
  wake();
}

std::optional<uint64_t> ReadAhead::remaining() const {
  std::optional<uint64_t> rest = from_->remaining();
  if (!rest || direct_) return rest;
  uint64_t kept = in_memory_ + (written_ - read_) + staging_.size();
  if (spool_ && spool_->writing) kept += spool_->bytes.size();
  return *rest + kept;
}

}  // namespace proxy_core
