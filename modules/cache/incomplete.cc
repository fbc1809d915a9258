#include "modules/cache/incomplete.h"

#include <algorithm>

#include "cache/stored_body.h"
#include "cache/stored_head.h"
#include "exchange/core_conf.h"
#include "http/conditionals.h"
#include "http/dates.h"

namespace cache_module {

using exchange::Exchange;
using http::Name;

namespace {

/// Bodies of known sizes, one behind the other.
class SequenceBody final : public http::Body {
 public:
  void add(http::BodyPtr body, uint64_t size) {
    if (size > 0) bodies_.push_back({std::move(body), size});
  }

  http::Peek peek(std::span<iovec> pieces) override {
    if (first_ == bodies_.size()) return {http::Readiness::end, 0, true};
    Piece& piece = bodies_[first_];
    http::Peek seen = piece.body->peek(pieces);
    if (seen.state == http::Readiness::end) seen.state = http::Readiness::failed;
    if (seen.state != http::Readiness::ready) return seen;
    uint64_t left = piece.left;
    int count = 0;
    while (count < seen.count && left > 0) {
      iovec& bytes = pieces[static_cast<size_t>(count++)];
      bytes.iov_len = static_cast<size_t>(std::min<uint64_t>(bytes.iov_len, left));
      left -= bytes.iov_len;
    }
    return {http::Readiness::ready, count, left == 0 && first_ + 1 == bodies_.size()};
  }

  void consume(size_t bytes) override {
    Piece& piece = bodies_[first_];
    piece.body->consume(bytes);
    piece.left -= bytes;
    if (piece.left > 0) return;
    piece.body.reset();
    if (++first_ < bodies_.size()) bodies_[first_].body->set_reader(reader_);
  }

  std::optional<uint64_t> remaining() const override {
    uint64_t left = 0;
    for (const Piece& piece : bodies_) left += piece.left;
    return left;
  }

  void set_reader(event::Ready* reader) override {
    reader_ = reader;
    if (first_ < bodies_.size()) bodies_[first_].body->set_reader(reader);
  }

 private:
  struct Piece {
    http::BodyPtr body;
    uint64_t left;
  };
  std::vector<Piece> bodies_;
  size_t first_ = 0;
};

bool read_range(const http::Fields& fields, http::ByteRange& range, uint64_t& size) {
  return http::parse_content_range(fields.get(Name::content_range), range, size) && size != UINT64_MAX;
}

cache::Found find_stored(Exchange& exchange, const CacheState& state) {
  uint32_t now = static_cast<uint32_t>(exchange.worker.clock().wall_seconds());
  return state.open->zone.find(state.digest, state.key, now, exchange.arena);
}

http::BodyPtr bytes_of(cache::Found& found, uint64_t first, uint64_t size) {
  if (found.pin) return std::make_unique<cache::StoredBody>(std::move(found.pin), first, size);
  return std::make_unique<http::StringBody>(std::string(found.body.substr(first, size)));
}

/// What is stored of the same representation, next to `asked` or overlapping it.
bool find_neighbour(Exchange& exchange, const cache::Found& found, const http::ByteRange& asked,
                    uint64_t size, http::ByteRange& range) {
  if (!found || found.facts.status != 206) return false;
  http::Fields fields(exchange.arena);
  uint64_t stored_size = 0;
  if (!cache::read_stored_head(found.head, fields) || !read_range(fields, range, stored_size)) return false;
  std::string_view etag = exchange.reply.head.fields.get(Name::etag);
  bool is_same = stored_size == size && http::strong_match(fields.get(Name::etag), etag);
  bool is_sound = found.body_size == range.size();
  return is_same && is_sound && range.first <= asked.last + 1 && asked.first <= range.last + 1;
}

}  // namespace

std::optional<Content> select_from_incomplete(Exchange& exchange) {
  const http::Request& request = exchange.request;
  http::Response& head = exchange.reply.head;
  http::ByteRange stored;
  uint64_t size = 0;
  if (request.method != http::Method::get || !request.fields.has(Name::range)) return std::nullopt;
  if (!read_range(head.fields, stored, size)) return std::nullopt;
  int64_t now = exchange.worker.clock().wall_seconds();
  http::Validators validators;
  validators.etag = head.fields.get(Name::etag);
  validators.last_modified = http::parse_date(head.fields.get(Name::last_modified), now);
  validators.date = http::parse_date(head.fields.get(Name::date), now).value_or(now);
  if (http::evaluate(request, validators, http::DateMatch::before, now) != http::Condition::proceed ||
      !http::range_applies(request, validators, now)) {
    return std::nullopt;
  }
  Content content;
  content.plan = http::plan_ranges(request.fields.get(Name::range), size, exchange.route->core->max_ranges);
  if (content.plan.kind != http::RangeKind::single) return std::nullopt;
  http::ByteRange& wanted = content.plan.ranges.front();
  if (wanted.first < stored.first || wanted.last > stored.last) return std::nullopt;
  content.kind = Content::Kind::part;
  head.fields.set(Name::content_range, exchange.arena.copy(http::content_range(wanted, size)));
  wanted = {wanted.first - stored.first, wanted.last - stored.first};
  return content;
}

std::optional<PieceToKeep> PieceToKeep::begin(Exchange& exchange, const CacheState& state) {
  const http::Response* origin = exchange.origin.head;
  http::Response& head = exchange.reply.head;
  PieceToKeep piece;
  uint64_t size = 0;
  bool is_piece = origin != nullptr && origin->status == 206 && head.status == 206 && exchange.reply.body &&
                  exchange.request.method == http::Method::get && head.framing == http::Framing::length;
  if (!is_piece || state.scarce || exchange.origin.part) return std::nullopt;
  if (!read_range(head.fields, piece.asked_, size) || head.content_length != piece.asked_.size()) {
    return std::nullopt;
  }
  std::string_view etag = head.fields.get(Name::etag);
  bool varies = head.fields.has(Name::vary) || origin->fields.has(Name::vary);
  if (!http::is_etag(etag) || http::is_weak(etag) || varies) return std::nullopt;
  cache::Found found = find_stored(exchange, state);
  // What is complete, or has variants, is not given up for a piece.
  if (found && (found.kind != cache::EntryKind::object || found.facts.status != 206)) return std::nullopt;

  piece.all_ = piece.asked_;
  piece.content_range_ = head.fields.get(Name::content_range);
  http::ByteRange stored;
  if (find_neighbour(exchange, found, piece.asked_, size, stored)) {
    piece.all_ = {std::min(stored.first, piece.asked_.first), std::max(stored.last, piece.asked_.last)};
    uint64_t before = piece.asked_.first - piece.all_.first;
    uint64_t behind = piece.all_.last - piece.asked_.last;
    cache::Found again = behind > 0 ? find_stored(exchange, state) : cache::Found();
    // Somebody has stored another meanwhile: pins of the same piece or nothing.
    if (behind > 0 && (!again || again.body_size != found.body_size || again.head != found.head)) {
      return std::nullopt;
    }
    auto joined = std::make_unique<SequenceBody>();
    if (before > 0) joined->add(bytes_of(found, 0, before), before);
    joined->add(std::move(exchange.reply.body), piece.asked_.size());
    if (behind > 0) joined->add(bytes_of(again, piece.asked_.last + 1 - stored.first, behind), behind);
    exchange.reply.body = std::move(joined);
  }
  piece.decided_ = exchange.arena.make<http::Response>(exchange.arena);
  for (const http::Field& field : origin->fields) piece.decided_->fields.add(field);
  bool is_whole = piece.all_.size() == size;
  for (http::Response* changed : {&head, piece.decided_}) {
    changed->status = is_whole ? 200 : 206;
    changed->fields.remove(Name::content_range);
    if (is_whole) continue;
    changed->fields.add(Name::content_range, exchange.arena.copy(http::content_range(piece.all_, size)));
  }
  head.content_length = piece.all_.size();
  return piece;
}

void PieceToKeep::end(Exchange& exchange) {
  http::Response& head = exchange.reply.head;
  head.status = 206;
  head.fields.set(Name::content_range, content_range_);
  head.content_length = asked_.size();
  if (all_ == asked_) return;
  http::ByteRange part{asked_.first - all_.first, asked_.last - all_.first};
  exchange.reply.body = std::make_unique<http::RangedBody>(std::move(exchange.reply.body), part);
}

}  // namespace cache_module
