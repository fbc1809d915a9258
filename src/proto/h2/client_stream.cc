#include "proto/h2/client_stream.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/text.h"
#include "http/syntax.h"
#include "http/tokens.h"
#include "proto/h2/client_callbacks.h"
#include "proto/h2/fields.h"

namespace h2 {

using http::Framing;
using http::Name;
using http::OriginFault;

namespace {

std::string_view reset_text(uint32_t code) {
  switch (code) {
    case NGHTTP2_PROTOCOL_ERROR: return "upstream reset the stream: PROTOCOL_ERROR";
    case NGHTTP2_INTERNAL_ERROR: return "upstream reset the stream: INTERNAL_ERROR";
    case NGHTTP2_FLOW_CONTROL_ERROR: return "upstream reset the stream: FLOW_CONTROL_ERROR";
    case NGHTTP2_STREAM_CLOSED: return "upstream reset the stream: STREAM_CLOSED";
    case NGHTTP2_FRAME_SIZE_ERROR: return "upstream reset the stream: FRAME_SIZE_ERROR";
    case NGHTTP2_REFUSED_STREAM: return "upstream refused the request";
    case NGHTTP2_CANCEL: return "upstream reset the stream: CANCEL";
    case NGHTTP2_ENHANCE_YOUR_CALM: return "upstream reset the stream: ENHANCE_YOUR_CALM";
    case NGHTTP2_INADEQUATE_SECURITY: return "upstream reset the stream: INADEQUATE_SECURITY";
    case NGHTTP2_HTTP_1_1_REQUIRED: return "upstream wants HTTP/1.1";
    default: return "upstream reset the stream";
  }
}

// RFC 9113 §8.3.1; what is for one connection only stays here (§8.2.2).
std::vector<nghttp2_nv> request_lines(const http::OriginRequest& request, base::Arena& arena) {
  std::vector<nghttp2_nv> lines;
  lines.reserve(request.fields->size() + 6);
  lines.push_back(line(":method", request.method));
  lines.push_back(line(":scheme", request.scheme));
  if (!request.authority.empty()) lines.push_back(line(":authority", request.authority));
  lines.push_back(line(":path", request.target));
  for (const http::Field& field : *request.fields) {
    switch (field.id) {
      case Name::host:
      case Name::content_length:  // framing is told in the request
      case Name::expect: continue;
      case Name::te:
        if (http::list_has(field.value, "trailers")) lines.push_back(line("te", "trailers"));
        continue;
      default: append(field, lines, arena);
    }
  }
  if (request.framing == Framing::length) {
    fmt::format_int digits(request.content_length);
    lines.push_back(line("content-length", arena.copy({digits.data(), digits.size()})));
  }
  // The library copies them: the request may be gone before they are sent.
  for (nghttp2_nv& each : lines) each.flags = NGHTTP2_NV_FLAG_NONE;
  return lines;
}

}  // namespace

ClientStream::ClientStream(ClientSession& session)
    : session_(&session),
      loop_(session.loop_),
      answered_(session.loop_.ready()),
      send_timer_(session.loop_, on_send_time, this),
      read_timer_(session.loop_, on_read_time, this) {
  session.streams_.push_back(*this);
}

ClientStream::~ClientStream() {
  stop_sending();
  reset(NGHTTP2_CANCEL);
  if (body_ == nullptr) return;
  OriginBody& body = *std::exchange(body_, nullptr);
  body.on_stream_gone();
  if (!answer_complete_) body.fail();
}

// ---- the request ----

event::Task<void> ClientStream::fetch(const http::OriginRequest& request, const http::OriginLimits& limits,
                                      http::InterimHandler* interim, event::CancelScope* scope,
                                      http::OriginAnswer& answer) {
  interim_ = interim;
  answer_ = &answer;
  answer.head.fields.clear();
  head_size_ = limits.head_size;
  max_fields_ = limits.max_headers;
  send_timeout_ = limits.send_timeout;
  read_timeout_ = limits.read_timeout;
  is_head_ = http::find_method(request.method) == http::Method::head;
  std::string_view why;
  if (scope != nullptr && scope->canceled()) {
    fail(OriginFault::canceled, ECANCELED, {});
  } else if (session_ == nullptr || !session_->accepts()) {
    fail(OriginFault::refused, 0, "upstream connection takes no more requests");
  } else if (!begin(request, why)) {
    fail(OriginFault::canceled, EINVAL, why);
  }
  std::optional<event::Canceling<OriginFault>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, answered_, OriginFault::canceled);
  OriginFault fault = co_await answered_;
  finish_fetch(fault);
}

bool ClientStream::begin(const http::OriginRequest& request, std::string_view& why) {
  why = http::refuse(request);
  if (!http::is_field_value(request.authority)) why = "invalid Host for upstream";
  if (!why.empty()) return false;
  std::vector<nghttp2_nv> lines = request_lines(request, answer_->head.fields.arena());
  nghttp2_data_provider provider = request_data(*this);
  bool with_body = http::has_payload(request);
  int32_t id = nghttp2_submit_request(session_->session_, nullptr, lines.data(), lines.size(),
                                      with_body ? &provider : nullptr, this);
  if (id < 0) {
    why = "HTTP/2 cannot say this request";
    return false;
  }
  id_ = id;
  --session_->ids_left_;
  session_->wake();
  if (!with_body) {
    request_through();
    return true;
  }
  sending_ = request.body;
  sending_->set_reader(this);
  if (request.framing == Framing::length) to_send_ = request.content_length;
  send_timer_.start(send_timeout_);
  return true;
}

void ClientStream::on_head_sent(size_t size) {
  head_sent_ = true;
  bytes_sent_ += size;
}

// From the library: names what of the body goes out now; take() follows.
ssize_t ClientStream::offer(size_t length, uint32_t* flags) {
  if (sending_ == nullptr) return NGHTTP2_ERR_DEFERRED;
  http::Peek seen = sending_->peek(pieces_);
  if (seen.state == http::Readiness::wait) {
    deferred_ = true;
    send_timer_.stop();
    return NGHTTP2_ERR_DEFERRED;
  }
  if (seen.state == http::Readiness::end && to_send_.value_or(0) == 0) return finish_body(flags);
  if (seen.state != http::Readiness::ready) {
    fail(OriginFault::canceled, EPIPE, "request body failed while it was sent to upstream");
    reset(NGHTTP2_CANCEL);
    return NGHTTP2_ERR_DEFERRED;
  }
  uint64_t there = 0;
  for (int i = 0; i < seen.count; ++i) there += pieces_[i].iov_len;
  uint64_t size = std::min<uint64_t>({there, length, to_send_.value_or(UINT64_MAX)});
  bool ends = to_send_ ? size == *to_send_ : seen.last && size == there;
  if (ends && seen.last && sending_->trailers() != nullptr) ends = false;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (ends) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    ends_ = true;
  }
  return static_cast<ssize_t>(size);
}

void ClientStream::take(size_t length, std::string& output) {
  size_t left = length;
  for (const iovec* piece = pieces_; left > 0; ++piece) {
    size_t size = std::min(left, piece->iov_len);
    output.append(static_cast<const char*>(piece->iov_base), size);
    left -= size;
  }
  sending_->consume(length);
  body_sent_ += length;
  bytes_sent_ += length;
  if (to_send_) *to_send_ -= length;
  if (ends_) return request_through();
  send_timer_.start(send_timeout_);
}

// RFC 9113 §8.1: trailers end the stream where there are some.
ssize_t ClientStream::finish_body(uint32_t* flags) {
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  base::Arena arena;
  std::vector<nghttp2_nv> lines;
  if (const http::Fields* trailers = sending_->trailers()) {
    for (const http::Field& field : *trailers) append(field, lines, arena);
  }
  for (nghttp2_nv& each : lines) each.flags = NGHTTP2_NV_FLAG_NONE;
  if (!lines.empty() && nghttp2_submit_trailer(session_->session_, id_, lines.data(), lines.size()) == 0) {
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  request_through();
  return 0;
}

void ClientStream::request_through() {
  request_complete_ = true;
  let_go_of_request();
  if (!has_final_) read_timer_.start(read_timeout_);
}

void ClientStream::let_go_of_request() {
  send_timer_.stop();
  if (sending_ != nullptr) std::exchange(sending_, nullptr)->set_reader(nullptr);
}

void ClientStream::stop_sending() {
  if (sending_ == nullptr) return;
  let_go_of_request();
  if (!answer_complete_) fail(OriginFault::canceled, ECANCELED, {});
  reset(NGHTTP2_CANCEL);
}

// ---- the answer ----

void ClientStream::begin_head() {
  head_ = nullptr;
  head_left_ = head_size_;
  fields_left_ = max_fields_;
}

// False: the answer is refused.
bool ClientStream::add_field(std::string_view name, std::string_view value) {
  if (has_final_) {
    if (body_ == nullptr || body_->add_trailer(name, value)) return true;
    invalid_ = "upstream sent too many trailers";
    return false;
  }
  base::Arena& arena = answer_->head.fields.arena();
  size_t size = name.size() + value.size() + kFieldOverhead;
  if (size > head_left_ || fields_left_ == 0) {
    invalid_ = "upstream sent too big header";
    return false;
  }
  head_left_ -= size;
  --fields_left_;
  if (name == ":status") {  // the library has seen to it that it stands first and has three digits
    int status = static_cast<int>(base::parse_uint(value).value_or(0));
    head_ = status < 200 ? arena.make<http::Response>(arena) : &answer_->head;
    head_->fields.clear();
    head_->status = status;
    head_->version = http::Version::http2;
    return true;
  }
  if (head_ != nullptr) head_->fields.add(arena.copy(name), arena.copy(value));
  return true;
}

// RFC 9110 §15.2
void ClientStream::end_head(bool is_end) {
  if (head_ == nullptr || answered_.given()) return;
  if (head_->status >= 200) return judge_final(is_end);
  if (++interim_count_ > http::kMaxInterim) {
    return fail(OriginFault::invalid, 0, "upstream sent too many interim responses");
  }
  if (read_timer_.active()) read_timer_.start(read_timeout_);
  if (head_->status == 100 || interim_ == nullptr) return;
  interims_.push_back(head_);
  loop_.post(*this);
}

void ClientStream::judge_final(bool is_end) {
  http::Response& head = answer_->head;
  answer_->bytes_received = bytes_received_;
  head.reason = {};
  head.framing = Framing::none;
  head.content_length = 0;
  bool has_content = http::has_content(http::Method::get, head.status);
  std::optional<uint64_t> length = base::parse_uint(head.fields.get(Name::content_length));
  if (has_content && length) {
    head.framing = Framing::length;
    head.content_length = *length;
  } else if (has_content && !is_head_) {
    head.framing = is_end ? Framing::length : Framing::streamed;
  }
  has_final_ = true;
  read_timer_.stop();
  answered_.give(OriginFault::none);
  if (is_end) return end_answer();
  if (is_head_ || head.framing == Framing::none) return;
  untaken_ = std::make_unique<OriginBody>(*this, loop_);
  body_ = untaken_.get();
  if (head.framing == Framing::length) body_->received_.announce(head.content_length);
}

void ClientStream::receive(const uint8_t* bytes, size_t size) {
  bytes_received_ += size;
  read_timer_.stop();
  if (body_ != nullptr) body_->received_.receive(bytes, size);
}

void ClientStream::end_answer() {
  answer_complete_ = true;
  read_timer_.stop();
  if (body_ != nullptr) body_->end();
}

http::BodyPtr ClientStream::take_body(std::unique_ptr<http::Hold> hold) {
  PC_CHECK(has_final_);
  if (!untaken_) return nullptr;
  untaken_->hold(std::move(hold));
  return std::move(untaken_);
}

void ClientStream::wait_for_data() {
  if (!read_timer_.active() && !answer_complete_) read_timer_.start(read_timeout_);
}

void ClientStream::consumed(size_t bytes) {
  if (id_ == 0 || session_ == nullptr) return;
  nghttp2_session_consume_stream(session_->session_, id_, bytes);
  session_->wake();
}

// ---- how it ends ----

void ClientStream::fail(OriginFault fault, int error, std::string_view why) {
  if (has_final_) {
    if (body_ != nullptr) body_->fail();
    return;
  }
  if (answer_ == nullptr || answered_.given()) return;
  answer_->error = error;
  answer_->why = why;
  answered_.give(fault);
}

void ClientStream::finish_fetch(OriginFault fault) {
  http::OriginAnswer& answer = *std::exchange(answer_, nullptr);
  answer.fault = fault;
  interim_ = nullptr;
  interims_.clear();
  if (fault == OriginFault::none) return;
  if (fault == OriginFault::canceled && answer.error == 0) answer.error = ECANCELED;
  read_timer_.stop();
  let_go_of_request();
  reset(NGHTTP2_CANCEL);
}

void ClientStream::reset(uint32_t code) {
  if (id_ == 0 || session_ == nullptr) return;
  nghttp2_session_set_stream_user_data(session_->session_, id_, nullptr);
  nghttp2_submit_rst_stream(session_->session_, NGHTTP2_FLAG_NONE, id_, code);
  id_ = 0;
  session_->wake();
}

// RFC 9113 §8.7: what was not processed may go out again.
void ClientStream::on_close(uint32_t code) {
  id_ = 0;
  let_go_of_request();
  if (answer_complete_) return;
  if (!invalid_.empty()) return fail(OriginFault::invalid, 0, invalid_);
  if (code == NGHTTP2_REFUSED_STREAM || !head_sent_) {
    return fail(OriginFault::refused, 0, reset_text(NGHTTP2_REFUSED_STREAM));
  }
  if (was_reset_) return fail(OriginFault::closed, 0, reset_text(code));
  fail(OriginFault::invalid, 0, "upstream sent an invalid response");
}

void ClientStream::on_over(OriginFault fault, int error, std::string_view why) {
  session_ = nullptr;
  id_ = 0;
  let_go_of_request();
  if (answer_complete_) return;
  fail(head_sent_ || fault == OriginFault::invalid ? fault : OriginFault::refused, error, why);
}

void ClientStream::on_ready() {
  for (http::Response* head : std::exchange(interims_, {})) {
    if (interim_ != nullptr) interim_->on_interim(*head);
  }
  if (!deferred_ || id_ == 0 || session_ == nullptr || sending_ == nullptr) return;
  deferred_ = false;
  send_timer_.start(send_timeout_);
  nghttp2_session_resume_data(session_->session_, id_);
  session_->wake();
}

void ClientStream::on_send_time(void* self) {
  auto& stream = *static_cast<ClientStream*>(self);
  stream.let_go_of_request();
  stream.fail(OriginFault::send_timeout, ETIMEDOUT, "upstream timed out");
  stream.reset(NGHTTP2_CANCEL);
}

void ClientStream::on_read_time(void* self) {
  static_cast<ClientStream*>(self)->fail(OriginFault::read_timeout, ETIMEDOUT, "upstream timed out");
}

}  // namespace h2
