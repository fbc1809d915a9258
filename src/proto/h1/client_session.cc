#include "proto/h1/client_session.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "http/tokens.h"
#include "proto/h1/origin_body.h"
#include "proto/h1/origin_request.h"
#include "proto/h1/response_framing.h"

namespace h1 {

using http::Framing;
using http::Name;
using http::OriginFault;

namespace {

constexpr uint32_t kLeastHead = 256;

/// Names that an origin may use: every token (RFC 9110 §5.1).
const http::HeadLimits& origin_names() {
  static const http::HeadLimits kNames = [] {
    http::HeadLimits names;
    names.ignore_invalid_headers = false;
    names.underscores_in_headers = true;
    return names;
  }();
  return kNames;
}

}  // namespace

ClientSession::ClientSession(event::Loop& loop, std::unique_ptr<net::Transport> transport)
    : loop_(loop),
      transport_(std::move(transport)),
      timer_(
          loop, [](void* self) { static_cast<ClientSession*>(self)->on_time(); }, this),
      ended_(loop.ready()) {
  transport_->set_handler(this);
}

ClientSession::~ClientSession() {
  PC_CHECK(!is_fetching());
  stop_sending();
  if (body_ != nullptr) body_->on_session_gone();
}

event::Task<void> ClientSession::fetch(const http::OriginRequest& request, const http::OriginLimits& limits,
                                       http::InterimHandler* interim, event::CancelScope* scope,
                                       http::OriginAnswer& answer) {
  ended_.reset();
  request_ = &request;
  limits_ = &limits;
  interim_ = interim;
  answer_ = &answer;
  answer.head.fields.clear();
  read_timeout_ = limits.read_timeout;
  bytes_sent_ = bytes_received_ = 0;
  sender_ = Sender();
  std::string_view why;
  if (scope != nullptr && scope->canceled()) {
    fail(OriginFault::canceled, ECANCELED, {});
  } else if (state_ != State::idle || transport_->fd() < 0) {
    fail(OriginFault::closed, 0, "upstream connection was closed");
  } else if (!begin(why)) {
    fail(OriginFault::canceled, EINVAL, why);
  }
  std::optional<event::Canceling<OriginFault>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, ended_, OriginFault::canceled);
  OriginFault fault = co_await ended_;
  end_fetch(fault);
}

// ---- the request ----

bool ClientSession::begin(std::string_view& why) {
  const http::OriginRequest& request = *request_;
  why = h1::refuse(request);
  if (!why.empty()) return false;
  ++requests_;
  interims_ = 0;
  send_error_ = 0;
  request_complete_ = false;
  keep_alive_ = request.keep_alive && !http::list_has(*request.fields, Name::connection, "close");
  expects_ = expects_continue(request);
  state_ = State::sending;

  base::Arena& arena = answer_->head.fields.arena();
  std::string_view head = write_request_head(request, wire_fields(request, keep_alive_), arena);
  bool with_body = http::has_payload(request) && !expects_;
  if (with_body) {
    sending_ = request.body;
    sending_->set_reader(this);
    sender_.start(head, sending_, coding_of(request.framing), request.content_length, arena, loop_.now());
  } else {
    sender_.start(head, nullptr, Sender::Coding::none, 0, arena, loop_.now());
  }
  send();
  return true;
}

void ClientSession::send() {
  switch (sender_.turn(*transport_, {}, loop_.now())) {
    case Sender::Turn::done: return sent();
    case Sender::Turn::blocked:
      transport_->watch(EV_READ | EV_WRITE);
      return timer_.start(limits_->send_timeout);
    case Sender::Turn::waiting:
    case Sender::Turn::idle:
    case Sender::Turn::throttled: transport_->watch(EV_READ); return timer_.stop();
    case Sender::Turn::body_failed:
      return fail(OriginFault::canceled, EPIPE, "request body failed while it was sent to upstream");
    case Sender::Turn::failed: break;
  }
  // The origin may have answered before it closed (RFC 9112 §9.6): what it said lies in the socket.
  send_error_ = sender_.code();
  stop_sending();
  state_ = State::waiting;
  read_head();
}

void ClientSession::sent() {
  if (expects_) {
    state_ = State::expecting;
    transport_->watch(EV_READ);
    return timer_.start(kContinueWait);
  }
  stop_sending();
  request_complete_ = true;
  state_ = State::waiting;
  transport_->watch(EV_READ);
  timer_.start(read_timeout_);
  if (transport_->has_buffered()) read_head();
}

void ClientSession::send_body() {
  expects_ = false;
  state_ = State::sending;
  bytes_sent_ += sender_.bytes_sent();
  sender_ = Sender();
  sending_ = request_->body;
  sending_->set_reader(this);
  sender_.start({}, sending_, coding_of(request_->framing), request_->content_length,
                answer_->head.fields.arena(), loop_.now());
  send();
}

void ClientSession::stop_sending() {
  if (sending_ != nullptr) std::exchange(sending_, nullptr)->set_reader(nullptr);
  event::Ready::unlink();
}

// ---- the answer's head ----

void ClientSession::expect_head() {
  ParserLimits limits;
  limits.max_line = limits.max_size = std::max(limits_->head_size, kLeastHead);
  limits.max_fields = limits_->max_headers;
  answer_->head.fields.clear();
  parser_.emplace(Parser::Kind::response, limits, origin_names(), answer_->head.fields);
}

void ClientSession::read_head() {
  if (!buffer_.allocated()) buffer_.allocate(std::max(limits_->head_size, kLeastHead));
  if (!parser_) expect_head();
  do {
    net::IoResult got = transport_->read(buffer_.tail(), buffer_.room());
    if (got.is_wait()) {
      if (state_ == State::waiting && !timer_.active()) timer_.start(read_timeout_);
      return transport_->watch(transport_->watched() | EV_READ);
    }
    if (!got.is_ready()) {
      if (send_error_ != 0) return fail(OriginFault::send, send_error_, {});
      return fail(OriginFault::closed, got.code, "upstream prematurely closed connection");
    }
    buffer_.added(got.size);
    bytes_received_ += got.size;
    if (!parse_heads()) return;
    if (state_ == State::waiting) timer_.start(read_timeout_);
  } while (transport_->has_buffered());
}

// True: more is to be read.
bool ClientSession::parse_heads() {
  for (;;) {
    Parsed parsed = parser_->parse(buffer_.data(), buffer_.size());
    if (parsed == Parsed::bad) {
      bool too_big = parser_->status() == 431;
      fail(OriginFault::invalid, 0, too_big ? "upstream sent too big header" : parser_->why());
      return false;
    }
    if (parsed == Parsed::more) {
      const char* from = buffer_.data();
      if (buffer_.room() == 0) buffer_.compact();
      if (buffer_.data() != from) parser_->moved(from, buffer_.data());
      if (buffer_.room() > 0) return true;
      fail(OriginFault::invalid, 0, "upstream sent too big header");
      return false;
    }
    int status = parser_->response_status();
    if (status >= 200 || status == 101) {
      take_final();
      return false;
    }
    if (!take_interim()) return false;
  }
}

// RFC 9110 §15.2. True: the final answer is to come.
bool ClientSession::take_interim() {
  if (++interims_ > http::kMaxInterim) {
    fail(OriginFault::invalid, 0, "upstream sent too many interim responses");
    return false;
  }
  copy_head();
  bool is_continue = answer_->head.status == 100;
  if (!is_continue && interim_ != nullptr) interim_->on_interim(answer_->head);
  expect_head();
  if (is_continue && state_ == State::expecting) send_body();
  return !ended_.given();
}

// One copy; the buffer then holds what came behind the head.
void ClientSession::copy_head() {
  http::Response& head = answer_->head;
  size_t size = parser_->size();
  std::string_view text = head.fields.arena().copy({buffer_.data(), size});
  parser_->moved(buffer_.data(), text.data());
  head.status = parser_->response_status();
  head.version = parser_->version();
  head.reason = parser_->reason(text.data());
  if (head.reason == http::reason_phrase(head.status)) head.reason = {};
  head.framing = Framing::none;
  head.content_length = 0;
  buffer_.drop_front(size);
}

void ClientSession::take_final() {
  answer_->bytes_received = parser_->size();
  copy_head();
  std::string_view why = judge_final();
  if (!why.empty()) return fail(OriginFault::invalid, 0, why);
  const http::Response& head = answer_->head;
  keep_alive_ &= request_complete_ && keeps_alive(head) && head.framing != Framing::until_end;
  // RFC 9112 §6.3: no body follows 204, whatever its fields say; an origin that says otherwise is not trusted
  // with another request.
  if (head.status == 204 &&
      (head.fields.has(Name::transfer_encoding) ||
       (head.fields.has(Name::content_length) && head.fields.get(Name::content_length) != "0"))) {
    keep_alive_ = false;
  }
  state_ = State::answered;
  ended_.give(OriginFault::none);
}

// Empty, or why the final answer is refused.
std::string_view ClientSession::judge_final() {
  http::Response& head = answer_->head;
  http::Method method = http::find_method(request_->method);
  bool is_tunnel =
      head.status == 101 || (method == http::Method::connect && head.status >= 200 && head.status < 300);
  if (!is_tunnel) return read_framing(method, head);
  if (!request_->upgrade) return "upstream switched protocols unasked";
  if (!request_complete_) return "upstream switched protocols before the request was through";
  head.framing = Framing::until_end;
  return {};
}

void ClientSession::fail(OriginFault fault, int code, std::string_view why) {
  if (ended_.given()) return;
  answer_->error = code;
  answer_->why = why;
  transport_->watch(0);
  ended_.give(fault);
}

bool ClientSession::is_fetching() const {
  return state_ == State::sending || state_ == State::expecting || state_ == State::waiting;
}

void ClientSession::end_fetch(OriginFault fault) {
  timer_.stop();
  stop_sending();
  parser_.reset();
  interim_ = nullptr;
  answer_->fault = fault;
  if (fault == OriginFault::none) return;
  if (fault == OriginFault::canceled && answer_->error == 0) answer_->error = ECANCELED;
  end_answer(false);
}

// ---- the answer's body ----

bool ClientSession::has_body() const {
  const http::Response& head = answer_->head;
  if (head.framing == Framing::none || http::find_method(request_->method) == http::Method::head)
    return false;
  return head.framing != Framing::length || head.content_length > 0;
}

http::BodyPtr ClientSession::take_body(std::unique_ptr<http::Hold> hold) {
  PC_CHECK(state_ == State::answered);
  if (!has_body()) {
    end_answer(buffer_.empty());
    return nullptr;
  }
  state_ = State::body;
  return std::make_unique<OriginBody>(*this, loop_.ready(), std::move(buffer_), answer_->head,
                                      std::move(hold));
}

// `clean`: the wire stands right behind the answer.
void ClientSession::end_answer(bool clean) {
  timer_.stop();
  stop_sending();
  buffer_.free();
  body_ = nullptr;
  answer_ = nullptr;
  state_ = clean && keep_alive_ && transport_->fd() >= 0 ? State::idle : State::over;
  if (state_ == State::over) transport_->watch(0);
}

net::IoResult ClientSession::read_body(char* into, size_t size) {
  if (transport_->fd() < 0) return net::IoResult::failed(ECONNABORTED);
  net::IoResult got = transport_->read(into, size);
  if (!got.is_ready()) return got;
  bytes_received_ += got.size;
  timer_.stop();
  return got;
}

void ClientSession::wait_for_body() {
  transport_->watch(transport_->watched() | EV_READ);
  if (!timer_.active()) timer_.start(read_timeout_);
}

// ---- after 101 ----

bool ClientSession::start_tunnel() {
  if (request_->body == nullptr) return false;
  sending_ = request_->body;
  sending_->set_reader(this);
  bytes_sent_ += sender_.bytes_sent();
  sender_ = Sender();
  sender_.start({}, sending_, Sender::Coding::raw, 0, answer_->head.fields.arena(), loop_.now());
  loop_.post(*this);
  return true;
}

void ClientSession::send_raw() {
  uint64_t before = sender_.bytes_sent();
  Sender::Turn turn = sender_.turn(*transport_, {}, loop_.now());
  int reading = transport_->watched() & EV_READ;
  // A tunnel is idle when nothing goes either way.
  if (sender_.bytes_sent() != before && timer_.active()) timer_.start(read_timeout_);
  switch (turn) {
    case Sender::Turn::blocked:
      if (!timer_.active()) timer_.start(read_timeout_);
      return transport_->watch(reading | EV_WRITE);
    case Sender::Turn::done:
      stop_sending();
      transport_->watch(reading);
      return transport_->shutdown_write();
    case Sender::Turn::failed:
    case Sender::Turn::body_failed: return body_->on_failed();
    default: return transport_->watch(reading);
  }
}

// ---- events ----

void ClientSession::on_readable() {
  if (is_fetching()) {
    if (ended_.given()) return transport_->watch(0);
    return read_head();
  }
  if (state_ == State::body && body_->on_readable()) return;
  if (state_ != State::idle) {
    // Nobody reads now: what has come waits in the kernel.
    return transport_->watch(transport_->watched() & ~EV_READ);
  }
  if (transport_->peek().is_wait()) return;
  state_ = State::over;
  transport_->watch(0);
  if (idle_ != nullptr) std::exchange(idle_, nullptr)->on_idle_end();
}

void ClientSession::on_writable() {
  if (state_ == State::sending && !ended_.given()) return send();
  if (state_ == State::body && sending_ != nullptr) return send_raw();
  transport_->watch(transport_->watched() & ~EV_WRITE);
}

void ClientSession::on_ready() {
  if (state_ == State::sending && !ended_.given()) return send();
  if (state_ == State::body && sending_ != nullptr) send_raw();
}

void ClientSession::on_time() {
  if (state_ == State::body) return body_->on_failed();
  if (!is_fetching() || ended_.given()) return;
  if (state_ == State::expecting) return send_body();
  bool is_sending = state_ == State::sending;
  fail(is_sending ? OriginFault::send_timeout : OriginFault::read_timeout, ETIMEDOUT, "upstream timed out");
}

// ---- while nothing is asked ----

bool ClientSession::reusable() const { return state_ == State::idle && transport_->fd() >= 0; }

void ClientSession::set_idle(IdleHandler* handler) {
  idle_ = handler;
  if (handler != nullptr && state_ == State::idle) transport_->watch(EV_READ);
}

bool ClientSession::is_quiet() {
  return reusable() && !transport_->has_buffered() && transport_->peek().is_wait();
}

void ClientSession::close(bool reset) {
  transport_->close(reset);
  if (is_fetching()) return fail(OriginFault::canceled, ECONNABORTED, {});
  if (body_ != nullptr) body_->on_failed();
  state_ = State::over;
}

}  // namespace h1
