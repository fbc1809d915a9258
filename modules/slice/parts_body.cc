#include "modules/slice/parts_body.h"

#include <algorithm>

#include "modules/slice/slice.h"

namespace slice {

using exchange::Exchange;
using http::Name;
using http::Readiness;

base::Result<Representation> read_part(const http::Response& head, http::ByteRange& range) {
  Representation representation;
  if (!http::parse_content_range(head.fields.get(Name::content_range), range, representation.size)) {
    return base::fail("invalid range in slice response: \"{}\"", head.fields.get(Name::content_range));
  }
  if (representation.size == UINT64_MAX) return base::fail("no complete length in slice response");
  representation.etag = head.fields.get(Name::etag);
  representation.last_modified = head.fields.get(Name::last_modified);
  return representation;
}

http::ByteRange part_at(uint64_t first, uint64_t part_size, uint64_t size) {
  return {first, std::min(first + part_size, size) - 1};
}

PartsBody::PartsBody(Exchange& exchange, uint64_t part_size, Representation representation,
                     http::ByteRange wanted)
    : exchange_(exchange),
      part_size_(part_size),
      representation_(std::move(representation)),
      wanted_(wanted),
      next_(wanted.first) {}

void PartsBody::begin_with(const http::ByteRange& range, http::BodyPtr part) {
  if (!part || next_ < range.first || next_ > range.last) return;
  part_ = std::move(part);
  position_ = range.first;
  part_last_ = range.last;
}

http::ByteRange PartsBody::next_part() const {
  return part_at(next_ / part_size_ * part_size_, part_size_, representation_.size);
}

// Bytes in front of those that are wanted, of the first part.
Readiness PartsBody::skip() {
  while (position_ < next_) {
    iovec pieces[8];
    http::Peek seen = part_->peek(pieces);
    if (seen.state != Readiness::ready) return seen.state == Readiness::end ? Readiness::failed : seen.state;
    uint64_t size = 0;
    for (int i = 0; i < seen.count; ++i) size += pieces[i].iov_len;
    size = std::min(size, next_ - position_);
    part_->consume(static_cast<size_t>(size));
    position_ += size;
  }
  return Readiness::ready;
}

http::Peek PartsBody::peek(std::span<iovec> pieces) {
  if (failed_) return {Readiness::failed, 0, false};
  if (next_ > wanted_.last) return {Readiness::end, 0, true};
  if (!part_) {
    // Nothing is asked for inside peek().
    if (!is_receiving()) exchange_.worker.loop().post(*this);
    return {Readiness::wait, 0, false};
  }
  Readiness skipped = skip();
  if (skipped != Readiness::ready) return {skipped, 0, false};
  http::Peek seen = part_->peek(pieces);
  if (seen.state == Readiness::end) seen.state = Readiness::failed;  // cut: what follows would be misplaced
  if (seen.state != Readiness::ready) return seen;
  uint64_t left = std::min(part_last_, wanted_.last) + 1 - next_;
  int count = 0;
  while (count < seen.count && left > 0) {
    iovec& piece = pieces[static_cast<size_t>(count++)];
    piece.iov_len = static_cast<size_t>(std::min<uint64_t>(piece.iov_len, left));
    left -= piece.iov_len;
  }
  return {Readiness::ready, count, left == 0 && wanted_.last <= part_last_};
}

void PartsBody::consume(size_t bytes) {
  part_->consume(bytes);
  next_ += bytes;
  position_ += bytes;
  if (next_ <= part_last_) return;
  part_.reset();
  if (next_ <= wanted_.last) exchange_.worker.loop().post(*this);
}

void PartsBody::set_reader(event::Ready* reader) {
  reader_ = reader;
  if (part_) part_->set_reader(reader);
}

void PartsBody::on_ready() {
  if (part_ || failed_ || is_receiving()) return;
  http::ByteRange part = next_part();
  auto prepare = [this, part](Exchange& detached, const Exchange&) {
    // Which part it is says the configuration; what the client asked for was answered with the head.
    for (Name name : {Name::if_match, Name::if_modified_since, Name::if_none_match, Name::if_range,
                      Name::if_unmodified_since, Name::range}) {
      detached.request.fields.remove(name);
    }
    detached.origin.part = exchange::OriginPart{part.first, part.first + part_size_ - 1};
  };
  if (exchange_.host.start_detached(exchange_, kModule, prepare, this)) return;
  receive(nullptr, nullptr);
}

bool PartsBody::is_sound(const http::Response* head, const http::ByteRange& expected) const {
  if (head == nullptr) return false;
  if (head->status != 206) {
    exchange_.host.log(exchange_).print(base::LogLevel::error, "unexpected status code {} in slice response",
                                        head->status);
    return false;
  }
  http::ByteRange range;
  base::Result<Representation> there = read_part(*head, range);
  std::string_view wrong;
  if (!there) {
    wrong = there.error().message;
  } else if (there->etag != representation_.etag) {
    wrong = "etag mismatch in slice response";
  } else if (*there != representation_) {
    wrong = "another representation in slice response";
  } else if (range != expected) {
    wrong = "unexpected range in slice response";
  }
  if (!wrong.empty()) exchange_.host.log(exchange_).print(base::LogLevel::error, "{}", wrong);
  return wrong.empty();
}

void PartsBody::receive(const http::Response* head, http::BodyPtr body) {
  http::ByteRange expected = next_part();
  if (body && is_sound(head, expected)) {
    begin_with(expected, std::move(body));
    part_->set_reader(reader_);
  } else {
    failed_ = true;
  }
  if (reader_ != nullptr) exchange_.worker.loop().post(*reader_);
}

}  // namespace slice
