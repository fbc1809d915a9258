#include "modules/cache/rest.h"

#include <algorithm>

#include "http/conditionals.h"
#include "http/ranges.h"
#include "modules/cache/state.h"

namespace cache_module {

using exchange::Exchange;
using http::Name;

namespace {

/// What is asked for: bytes of the whole representation, counted from its beginning.
struct Missing {
  std::string etag;
  uint64_t first = 0;
  std::optional<uint64_t> last;
  std::optional<uint64_t> whole;  ///< the size of the representation
};

class RestBody final : public http::Body, private exchange::Receiver {
 public:
  RestBody(event::Loop& loop, Missing missing) : loop_(loop), missing_(std::move(missing)) {
    if (missing_.last) left_ = *missing_.last - missing_.first + 1;
  }

  /// False: it cannot be asked for.
  bool ask(Exchange& exchange);

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return left_; }
  void set_reader(event::Ready* reader) override;

 private:
  void receive(const http::Response* head, http::BodyPtr body) override;
  bool is_what_is_missing(const http::Response& head, http::ByteRange& range) const;

  event::Loop& loop_;
  Missing missing_;
  http::BodyPtr rest_;
  std::optional<uint64_t> left_;
  bool failed_ = false;
};

bool RestBody::ask(Exchange& exchange) {
  auto prepare = [this](Exchange& detached, const Exchange&) {
    http::Fields& fields = detached.request.fields;
    for (Name name : {Name::if_match, Name::if_modified_since, Name::if_none_match, Name::if_range,
                      Name::if_unmodified_since, Name::range}) {
      fields.remove(name);
    }
    std::string last = missing_.last ? std::to_string(*missing_.last) : std::string();
    fields.add(Name::range, detached.arena.copy(fmt::format("bytes={}-{}", missing_.first, last)));
    fields.add(Name::if_range, detached.arena.copy(missing_.etag));
    // Where the configuration says what Range is (slice), it says so of this.
    if (missing_.last) detached.origin.part = exchange::OriginPart{missing_.first, *missing_.last};
    detached.state<CacheState>(kModule).passes_by = true;
  };
  return exchange.host.start_detached(exchange, kModule, prepare, this);
}

/// RFC 9110 §15.3.7: a 206 may be something else than what was asked for.
bool RestBody::is_what_is_missing(const http::Response& head, http::ByteRange& range) const {
  uint64_t whole = 0;
  if (head.status != 206 || !http::strong_match(head.fields.get(Name::etag), missing_.etag)) return false;
  if (!http::parse_content_range(head.fields.get(Name::content_range), range, whole)) return false;
  if (whole == UINT64_MAX || range.first != missing_.first) return false;
  if (missing_.whole && *missing_.whole != whole) return false;
  return range.last == missing_.last.value_or(whole - 1);
}

void RestBody::receive(const http::Response* head, http::BodyPtr body) {
  http::ByteRange range;
  if (head != nullptr && body && is_what_is_missing(*head, range)) {
    left_ = range.size();
    rest_ = std::move(body);
    rest_->set_reader(reader_);
  } else {
    failed_ = true;
  }
  if (reader_ != nullptr) loop_.post(*reader_);
}

http::Peek RestBody::peek(std::span<iovec> pieces) {
  if (failed_) return {http::Readiness::failed, 0, false};
  if (!rest_) return {http::Readiness::wait, 0, false};
  if (*left_ == 0) return {http::Readiness::end, 0, true};
  http::Peek seen = rest_->peek(pieces);
  if (seen.state == http::Readiness::end) seen.state = http::Readiness::failed;
  if (seen.state != http::Readiness::ready) return seen;
  uint64_t left = *left_;
  int count = 0;
  while (count < seen.count && left > 0) {
    iovec& piece = pieces[static_cast<size_t>(count++)];
    piece.iov_len = static_cast<size_t>(std::min<uint64_t>(piece.iov_len, left));
    left -= piece.iov_len;
  }
  return {http::Readiness::ready, count, left == 0};
}

void RestBody::consume(size_t bytes) {
  *left_ -= bytes;
  rest_->consume(bytes);
}

void RestBody::set_reader(event::Ready* reader) {
  reader_ = reader;
  if (rest_) rest_->set_reader(reader);
}

/// A body that goes on from another fetch where it fails, once.
class ContinuedBody final : public http::Body, private event::Ready {
 public:
  ContinuedBody(event::Loop& loop, http::BodyPtr body, cache::Fills::Resume resume)
      : loop_(loop), body_(std::move(body)), resume_(std::move(resume)) {}

  http::Peek peek(std::span<iovec> pieces) override {
    http::Peek seen = body_->peek(pieces);
    if (seen.state != http::Readiness::failed || !resume_) return seen;
    loop_.post(*this);  // nothing is asked for inside peek()
    return {http::Readiness::wait, 0, false};
  }
  void consume(size_t bytes) override {
    body_->consume(bytes);
    read_ += bytes;
  }
  std::optional<uint64_t> remaining() const override { return body_->remaining(); }
  const http::Fields* trailers() const override { return body_->trailers(); }
  void set_reader(event::Ready* reader) override {
    reader_ = reader;
    body_->set_reader(reader);
  }

 private:
  void on_ready() override {
    cache::Fills::Resume resume = std::exchange(resume_, {});
    if (!resume) return;
    http::BodyPtr rest = resume(read_);
    if (rest) {
      body_ = std::move(rest);
      body_->set_reader(reader_);
    }
    if (reader_ != nullptr) loop_.post(*reader_);
  }

  event::Loop& loop_;
  http::BodyPtr body_;
  cache::Fills::Resume resume_;
  uint64_t read_ = 0;
};

/// Knows whether the exchange is still there when its body breaks.
class Asker {
 public:
  explicit Asker(Exchange& exchange, std::shared_ptr<Exchange*> place) : place_(std::move(place)) {
    *place_ = &exchange;
  }
  ~Asker() { *place_ = nullptr; }

 private:
  std::shared_ptr<Exchange*> place_;
};

}  // namespace

cache::Fills::Resume resume_of(Exchange& exchange, const http::Response& stored,
                               std::optional<uint64_t> size) {
  std::string_view etag = stored.fields.get(Name::etag);
  if (!http::is_etag(etag) || http::is_weak(etag) || exchange.request.method != http::Method::get) return {};
  Missing missing;
  missing.etag = etag;
  if (stored.status == 206) {
    http::ByteRange range;
    uint64_t whole = 0;
    if (!http::parse_content_range(stored.fields.get(Name::content_range), range, whole)) return {};
    missing.first = range.first;
    missing.last = range.last;
    if (whole != UINT64_MAX) missing.whole = whole;
  } else if (stored.status == 200) {
    if (size && *size > 0) missing.last = *size - 1;
    missing.whole = size;
  } else {
    return {};
  }
  auto place = std::make_shared<Exchange*>();
  exchange.arena.make<Asker>(exchange, place);
  return [place = std::move(place), missing = std::move(missing)](uint64_t from) -> http::BodyPtr {
    if (*place == nullptr) return nullptr;
    Missing wanted = missing;
    wanted.first += from;
    // All that there is was read: only the word that it is all did not come.
    if (wanted.last && wanted.first > *wanted.last) return std::make_unique<http::TextBody>("");
    auto rest = std::make_unique<RestBody>((*place)->worker.loop(), std::move(wanted));
    return rest->ask(**place) ? std::move(rest) : nullptr;
  };
}

http::BodyPtr with_rest(Exchange& exchange, http::BodyPtr body, cache::Fills::Resume resume) {
  if (!body || !resume) return body;
  return std::make_unique<ContinuedBody>(exchange.worker.loop(), std::move(body), std::move(resume));
}

}  // namespace cache_module
