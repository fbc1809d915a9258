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

Readiness Sender::gather_plain(Batch& batch, uint64_t most) {
  http::Peek seen;
  uint64_t size = 0;
  batch.count += peek(batch, seen, coding_ == Coding::length ? std::min(left_, most) : most, size);
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

// `most`: bytes of body; what follows them goes another way.
Readiness Sender::gather(Batch& batch, uint64_t most) {
  batch.add(interim_);
  if (!started_) return Readiness::wait;
  batch.add(head_);
  if (coding_ == Coding::chunked) return gather_chunk(batch);
  if (body_over()) return Readiness::end;
  if (most == 0) return Readiness::ready;
  return gather_plain(batch, most);
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

// What of the rest can be sent from a file; nothing when it may not.
http::FilePart Sender::file_part(const net::Transport& to, const Pace& pace) const {
  if (!started_ || coding_ != Coding::length || body_over()) return {};
  if (!pace.sendfile || !to.can_send_file()) return {};
  http::FilePart part = body_->file_part();
  part.size = part.ahead < left_ ? std::min(part.size, left_ - part.ahead) : 0;
  return part;
}

// Nothing: go on with this turn.
std::optional<Sender::Turn> Sender::send_file(net::Transport& to, const http::FilePart& part, uint64_t most) {
  if (most == 0) return Turn::throttled;
  auto size = static_cast<size_t>(std::min(part.size, most));
  net::IoResult sent = to.send_file(part.file, part.offset, size);
  if (sent.is_wait()) return Turn::blocked;
  if (!sent.is_ready()) return fail(sent);
  if (sent.size == 0) return Turn::body_failed;  // the file is shorter than it said
  account(sent.size);
  if (sent.size < size) return Turn::blocked;
  return std::nullopt;
}

// `ahead`: bytes of body that go before what is in a file.
std::optional<Sender::Turn> Sender::send_pieces(net::Transport& to, uint64_t ahead, uint64_t most) {
  Batch batch;
  Readiness state = gather(batch, ahead);
  if (state == Readiness::failed) return Turn::body_failed;
  if (batch.size == 0) {
    if (is_complete()) return std::nullopt;
    return started_ ? Turn::waiting : Turn::idle;
  }
  if (most == 0) return Turn::throttled;
  batch.limit(most);
  net::IoResult sent = to.write(batch.pieces, batch.count);
  if (sent.is_wait()) return Turn::blocked;
  if (!sent.is_ready()) return fail(sent);
  account(sent.size);
  if (sent.size < batch.size) return Turn::blocked;
  if (is_complete() || state != Readiness::wait || !interim_.empty() || !head_.empty()) return std::nullopt;
  return started_ ? Turn::waiting : Turn::idle;
}

Sender::Turn Sender::turn(net::Transport& to, const Pace& pace, base::MonoTime now) {
  if (done_) return Turn::done;
  const uint64_t begun_at = bytes_;
  while (!is_complete() && bytes_ - begun_at < kTurn) {
    uint64_t most = std::min(allowance(pace, now), kTurn - (bytes_ - begun_at));
    http::FilePart part = file_part(to, pace);
    std::optional<Turn> ended;
    if (part.size > 0 && part.ahead == 0 && interim_.empty() && head_.empty()) {
      ended = send_file(to, part, most);
    } else {
      ended = send_pieces(to, part.size > 0 ? part.ahead : UINT64_MAX, most);
    }
    if (ended) return *ended;
  }
  if (!is_complete()) return Turn::blocked;
  done_ = true;
  return Turn::done;
}

}  // namespace h1
