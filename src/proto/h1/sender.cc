#include "proto/h1/sender.h"

#include <algorithm>

#include "proto/h1/head_writer.h"

namespace h1 {

using http::Readiness;

void Sender::Batch::add(std::string_view text) {
  if (text.empty()) return;
  pieces[count++] = {const_cast<char*>(text.data()), text.size()};
  size += text.size();
}

void Sender::Batch::limit(uint64_t most) {
  if (size <= most) return;
  size = static_cast<size_t>(most);
  int kept = 0;
  while (kept < count && most > 0) {
    iovec& piece = pieces[kept++];
    piece.iov_len = static_cast<size_t>(std::min<uint64_t>(piece.iov_len, most));
    most -= piece.iov_len;
  }
  count = kept;
}

void Sender::start(std::string_view head, http::Body* body, Coding coding, uint64_t length,
                   base::Arena& arena, base::MonoTime now) {
  head_ = head;
  body_ = coding == Coding::none ? nullptr : body;
  coding_ = coding;
  left_ = coding == Coding::length ? length : 0;
  body_over_ = coding == Coding::length && length == 0;
  arena_ = &arena;
  began_ = now;
  started_ = true;
}

// Names at most `most` bytes of the body in the batch. Returns how many pieces; their bytes are added to
// `size`.
int Sender::peek(Batch& batch, http::Peek& seen, uint64_t most, uint64_t& size) {
  std::span<iovec> free(batch.pieces + batch.count, kMaxPieces);
  seen = body_->peek(free);
  if (seen.state != Readiness::ready) return 0;
  int count = 0;
  while (count < seen.count && size < most) {
    iovec& piece = free[static_cast<size_t>(count++)];
    piece.iov_len = static_cast<size_t>(std::min<uint64_t>(piece.iov_len, most - size));
    size += piece.iov_len;
  }
  return count;
}

std::string_view Sender::final_chunk(bool after_payload) {
  body_over_ = true;
  const http::Fields* trailers = body_->trailers();
  if (trailers == nullptr || trailers->empty()) {
    std::string_view text = "\r\n0\r\n\r\n";
    return after_payload ? text : text.substr(2);
  }
  return arena_->join(after_payload ? "\r\n0\r\n" : "0\r\n", write_trailers(*trailers, *arena_));
}

void Sender::open_chunk(uint64_t size, bool last) {
  left_ = size;
  prefix_ = {chunk_head_, write_chunk_head(size, chunk_head_)};
  suffix_ = last ? final_chunk(true) : std::string_view("\r\n");
}

Readiness Sender::gather_chunk(Batch& batch) {
  bool is_open = left_ > 0 || !prefix_.empty() || !suffix_.empty();
  if (!is_open && body_over_) return Readiness::end;
  http::Peek seen;
  uint64_t size = 0;
  if (is_open) {
    batch.add(prefix_);
    if (left_ > 0) {
      // What was promised in the chunk's head stays there until it is consumed.
      int count = peek(batch, seen, left_, size);
      if (seen.state != Readiness::ready) return Readiness::failed;
      batch.count += count;
      batch.size += static_cast<size_t>(size);
    }
    if (size == left_) batch.add(suffix_);
    return Readiness::ready;
  }
  int place = batch.count++;  // for the chunk's head, whose length follows from the pieces
  int count = peek(batch, seen, kTurn, size);
  if (seen.state == Readiness::ready && size > 0) {
    open_chunk(size, seen.last && size <= kTurn);
    batch.pieces[place] = {const_cast<char*>(prefix_.data()), prefix_.size()};
    batch.count += count;
    batch.size += prefix_.size() + static_cast<size_t>(size);
    batch.add(suffix_);
    return Readiness::ready;
  }
  batch.count--;
  if (seen.state == Readiness::end || seen.last) {
    suffix_ = final_chunk(false);
    batch.add(suffix_);
    return Readiness::ready;
  }
  return seen.state;
}

Readiness Sender::gather_plain(Batch& batch) {
  http::Peek seen;
  uint64_t size = 0;
  batch.count += peek(batch, seen, coding_ == Coding::length ? left_ : UINT64_MAX, size);
  batch.size += static_cast<size_t>(size);
  if (seen.state == Readiness::end) {
    body_over_ = true;
    return coding_ == Coding::length ? Readiness::failed : Readiness::end;
  }
  if (coding_ == Coding::raw && seen.state == Readiness::ready && seen.last) {
    coding_ = Coding::length;  // now the length is known
    left_ = size;
  }
  return seen.state;
}

Readiness Sender::gather(Batch& batch) {
  batch.add(interim_);
  if (!started_) return Readiness::wait;
  batch.add(head_);
  if (coding_ == Coding::chunked) return gather_chunk(batch);
  if (body_over()) return Readiness::end;
  return gather_plain(batch);
}

void Sender::take(std::string_view& text, size_t& sent, bool is_body) {
  size_t size = std::min(text.size(), sent);
  text.remove_prefix(size);
  sent -= size;
  if (is_body) body_bytes_ += size;
}

void Sender::account(size_t sent) {
  bytes_ += sent;
  size_t interim = std::min(interim_.size(), sent);
  if (interim > 0) interim_.erase(0, interim);
  sent -= interim;
  take(head_, sent, false);
  take(prefix_, sent, true);
  if (sent > 0 && coding_ != Coding::raw) {
    size_t payload = static_cast<size_t>(std::min<uint64_t>(left_, sent));
    if (payload > 0) body_->consume(payload);
    left_ -= payload;
    sent -= payload;
    body_bytes_ += payload;
    if (coding_ == Coding::length && left_ == 0) body_over_ = true;
  } else if (sent > 0) {
    body_->consume(sent);
    body_bytes_ += sent;
    sent = 0;
  }
  take(suffix_, sent, true);
}

bool Sender::is_complete() const {
  return started_ && interim_.empty() && head_.empty() && prefix_.empty() && suffix_.empty() && body_over() &&
         (coding_ != Coding::chunked || left_ == 0);
}

// How many bytes may go now; 0 sets resume_at_. The first second's worth is there from the start, as in
// nginx.
uint64_t Sender::allowance(const Pace& pace, base::MonoTime now) {
  if (pace.rate == 0) return UINT64_MAX;
  auto elapsed = static_cast<uint64_t>(now - began_ + 1000);
  uint64_t allowed = pace.after + pace.rate / 1000 * elapsed + pace.rate % 1000 * elapsed / 1000;
  if (allowed > bytes_) return allowed - bytes_;
  resume_at_ = now + static_cast<base::MonoTime>((bytes_ - allowed) * 1000 / pace.rate) + 1;
  return 0;
}

Sender::Turn Sender::fail(const net::IoResult& result) {
  code_ = result.code;
  return Turn::failed;
}

Sender::Turn Sender::send_file(net::Transport& to, const Pace& pace, base::MonoTime now) {
  size_t budget = kTurn;
  while (left_ > 0) {
    uint64_t allowed = allowance(pace, now);
    if (allowed == 0) return Turn::throttled;
    if (budget == 0) return Turn::blocked;
    uint64_t offset = 0;
    int file = body_->file(offset);
    auto size = static_cast<size_t>(std::min({left_, allowed, uint64_t{budget}}));
    net::IoResult sent = to.send_file(file, offset, size);
    if (sent.is_wait()) return Turn::blocked;
    if (!sent.is_ready()) return fail(sent);
    if (sent.size == 0) return Turn::body_failed;  // the file is shorter than it said
    account(sent.size);
    budget -= std::min(budget, sent.size);
  }
  done_ = true;
  return Turn::done;
}

Sender::Turn Sender::turn(net::Transport& to, const Pace& pace, base::MonoTime now) {
  if (done_) return Turn::done;
  uint64_t offset = 0;
  bool is_file = started_ && coding_ == Coding::length && pace.sendfile && to.can_send_file() &&
                 !body_over() && body_->file(offset) >= 0;
  for (size_t budget = kTurn; budget > 0;) {
    if (is_file && interim_.empty() && head_.empty()) return send_file(to, pace, now);
    Batch batch;
    Readiness state = Readiness::ready;
    if (is_file) {
      batch.add(interim_);
      batch.add(head_);
    } else {
      state = gather(batch);
    }
    if (state == Readiness::failed) return Turn::body_failed;
    if (batch.size == 0) {
      if (is_complete()) break;
      return started_ ? Turn::waiting : Turn::idle;
    }
    uint64_t allowed = allowance(pace, now);
    if (allowed == 0) return Turn::throttled;
    batch.limit(std::min<uint64_t>(allowed, budget));
    net::IoResult sent = to.write(batch.pieces, batch.count);
    if (sent.is_wait()) return Turn::blocked;
    if (!sent.is_ready()) return fail(sent);
    account(sent.size);
    if (sent.size < batch.size) return Turn::blocked;
    budget -= std::min(budget, sent.size);
    if (is_complete()) break;
    if (state == Readiness::wait && interim_.empty() && head_.empty()) {
      return started_ ? Turn::waiting : Turn::idle;
    }
  }
  if (!is_complete()) return Turn::blocked;
  done_ = true;
  return Turn::done;
}

}  // namespace h1
