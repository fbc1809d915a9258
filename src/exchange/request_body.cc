#include "exchange/request_body.h"

#include "exchange/core_conf.h"
#include "exchange/exchange.h"
#include "exchange/file_body.h"
#include "exchange/temp_file.h"
#include "http/arrival.h"

namespace exchange {
namespace {

constexpr CoreConf::InFile kNever = CoreConf::InFile::off;

/// A reader of what was kept, with the trailers that came behind it.
class KeptBody final : public http::Body {
 public:
  KeptBody(http::BodyPtr bytes, const http::Fields* trailers)
      : bytes_(std::move(bytes)), trailers_(trailers) {}
  http::Peek peek(std::span<iovec> pieces) override { return bytes_->peek(pieces); }
  void consume(size_t bytes) override { bytes_->consume(bytes); }
  std::optional<uint64_t> remaining() const override { return bytes_->remaining(); }
  const http::Fields* trailers() const override { return trailers_; }
  void set_reader(event::Ready* reader) override { bytes_->set_reader(reader); }
  http::FilePart file_part() override { return bytes_->file_part(); }

 private:
  http::BodyPtr bytes_;
  const http::Fields* trailers_;
};

const CoreConf& core_of(const Exchange& exchange) {
  static const CoreConf kDefaults;
  return exchange.route != nullptr && exchange.route->core != nullptr ? *exchange.route->core : kDefaults;
}

}  // namespace

struct RequestBody::Kept {
  std::string memory;  // what is not in the file
  std::shared_ptr<TempFile> file;
};

RequestBody::RequestBody(Exchange& exchange)
    : exchange_(exchange), core_(core_of(exchange)), kept_(std::make_unique<Kept>()) {}

RequestBody::~RequestBody() = default;

int RequestBody::refusal() const {
  if (exchange_.end == http::StreamEnd::timed_out) return 408;
  if (exchange_.client_gone) return 499;
  return exchange_.request.refused != 0 ? exchange_.request.refused : 400;
}

event::Task<int> RequestBody::read_whole() {
  if (done_) co_return status_;
  http::Body* body = exchange_.stream.request_body();
  if (body != nullptr) status_ = co_await read(*body);
  done_ = true;
  complete_ = status_ == 0;
  co_return status_;
}

event::Task<int> RequestBody::read(http::Body& body) {
  const http::Request& request = exchange_.request;
  uint64_t limit = core_.client_max_body_size;
  if (limit != 0 && request.framing == http::Framing::length && request.content_length > limit) {
    exchange_.log(base::LogLevel::error, "client intended to send too large body: {} bytes",
                  request.content_length);
    co_return 413;
  }
  if (request.framing == http::Framing::length) {
    kept_->memory.reserve(std::min(request.content_length, core_.client_body_buffer_size));
  }

  http::Arrival arrival(exchange_.worker.loop().ready(), body);
  event::Canceling<bool> canceling(exchange_.cancel, arrival.answer, false);
  for (;;) {
    iovec pieces[8];
    http::Peek peek = body.peek(pieces);
    if (peek.state == http::Readiness::failed) co_return refusal();
    if (peek.state == http::Readiness::end) break;
    if (peek.state == http::Readiness::wait) {
      bool came = co_await arrival.answer;
      if (!came) co_return exchange_.end == http::StreamEnd::timed_out ? 408 : 499;
      arrival.answer.reset();
      continue;
    }
    int refused = take(body, peek, pieces);
    if (refused != 0) co_return refused;
    if (kept_->memory.size() > core_.client_body_buffer_size) {
      int failed = co_await append_to_file();
      if (failed != 0) co_return failed;
    }
  }

  trailers_ = body.trailers();
  bool wants_file = kept_->file != nullptr || core_.client_body_in_file_only != kNever;
  if (wants_file) {
    int failed = co_await append_to_file();
    if (failed != 0) co_return failed;
  }
  co_return 0;
}

/// Copies what the wire has, at most as much as memory may hold and one piece more. 0, or 413.
int RequestBody::take(http::Body& body, const http::Peek& peek, const iovec* pieces) {
  size_t taken = 0;
  for (int i = 0; i < peek.count; ++i) {
    if (kept_->memory.size() > core_.client_body_buffer_size) break;
    kept_->memory.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    taken += pieces[i].iov_len;
  }
  body.consume(taken);
  size_ += taken;
  uint64_t limit = core_.client_max_body_size;
  if (limit == 0 || size_ <= limit) return 0;
  exchange_.log(base::LogLevel::error, "client intended to send too large chunked body: {} bytes", size_);
  return 413;
}

/// Moves what is in memory behind what the file holds, on a disk thread. 0, or 500.
event::Task<int> RequestBody::append_to_file() {
  Kept& kept = *kept_;
  if (!kept.file) {
    bool keep = core_.client_body_in_file_only == CoreConf::InFile::on;
    bool named = core_.client_body_in_file_only != kNever;
    TempFile::After after = keep    ? TempFile::After::keep
                            : named ? TempFile::After::remove
                                    : TempFile::After::unlinked;
    kept.file = std::make_shared<TempFile>(core_.client_body_temp_path, core_.client_body_temp_levels, after);
  }

  struct Append {
    std::shared_ptr<TempFile> file;
    std::string bytes;
    base::Result<void> result;
  };
  auto append = std::make_shared<Append>();
  append->file = kept.file;
  append->bytes.swap(kept.memory);
  bool is_first = kept.file->size() == 0;
  event::Answer<bool> written(exchange_.worker.loop().ready());
  exchange_.worker.disk().run([append] { append->result = append->file->append(append->bytes); },
                              [append, &written] { written.give(true); });
  co_await written;
  if (!append->result) {
    exchange_.log(base::LogLevel::crit, "{}", append->result.error().message);
    co_return 500;
  }
  if (is_first) {
    base::LogLevel level =
        core_.client_body_in_file_only == kNever ? base::LogLevel::warn : base::LogLevel::notice;
    exchange_.log(level, "a client request body is buffered to a temporary file {}", kept.file->path());
  }
  append->bytes.clear();
  kept.memory.swap(append->bytes);  // the buffer is used again
  co_return 0;
}

std::string_view RequestBody::memory() const {
  return kept_->file || !complete_ ? std::string_view() : std::string_view(kept_->memory);
}

std::string_view RequestBody::file_path() const {
  return kept_->file ? std::string_view(kept_->file->path()) : std::string_view();
}

const http::Fields* RequestBody::trailers() const {
  if (complete_) return trailers_;
  http::Body* body = exchange_.stream.request_body();
  return body == nullptr ? nullptr : body->trailers();
}

http::BodyPtr RequestBody::reader() {
  http::BodyPtr bytes;
  if (kept_->file) {
    bytes = std::make_unique<FileBody>(exchange_.worker, kept_->file->fd(), 0, size_);
  } else {
    bytes = std::make_unique<http::TextBody>(kept_->memory);
  }
  return std::make_unique<KeptBody>(std::move(bytes), trailers_);
}

}  // namespace exchange
