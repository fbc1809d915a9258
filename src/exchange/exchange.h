// One request being handled: from the head of the request to its line in the log. Lives in its stream's
// arena. Not a god object: each part owns its own state; what only the wire needs stays in the stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "base/log.h"
#include "event/cancel.h"
#include "event/task.h"
#include "exchange/detached.h"
#include "exchange/module.h"
#include "exchange/origin.h"
#include "exchange/regex.h"
#include "exchange/reply.h"
#include "exchange/route.h"
#include "exchange/variable.h"
#include "exchange/worker.h"
#include "http/stream.h"

namespace exchange {

class RequestBody;

/// What an exchange asks of the level above it (proxy), so that modules need not include it.
class Host {
 public:
  virtual const Variables& variables() const = 0;
  /// The error log of this route.
  virtual base::Log& log(const Exchange& exchange) = 0;
  /// Starts an exchange that no client waits for: the same request once more as GET without a body, handed to
  /// the modules of the same route from `from` on, with the variables `like` has set. Its answer goes to
  /// `receiver`; null: it is discarded. It is under way for who drains. False: there are too many that
  /// nobody receives already, or the request has no path.
  virtual bool start_detached(const Exchange& like, const Module& from, const PrepareDetached& prepare,
                              Receiver* receiver = nullptr) {
    (void)like, (void)from, (void)prepare, (void)receiver;
    return false;
  }

 protected:
  ~Host() = default;
};

class Exchange {
 public:
  Exchange(Worker& worker, Host& host, http::Stream& stream);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Worker& worker;
  Host& host;
  http::Stream& stream;
  base::Arena& arena;
  http::Request& request;  ///< path and query change with rewrites; target stays as received
  const Route* route = nullptr;
  Reply reply;
  Origin origin;
  Captures captures;             ///< of the last regular expression that matched: $1…$9
  event::CancelScope cancel;     ///< canceled when the client leaves; what pends registers here
  std::string_view user;         ///< $remote_user, once an auth module accepted it
  const net::Address* client;    ///< $remote_addr: the peer, or what real_ip made of it
  int redirects = 0;             ///< internal redirects so far; at most 10
  int error_status = 0;          ///< the status whose error page is being made; 0: none
  int page_status = 0;           ///< what an error page is answered with; 0: as it says itself
  bool last_error_page = false;  ///< recursive_error_pages is off: an error of the page has none of its own
  bool internal = false;         ///< reached by an internal redirect: `internal` locations may answer
  bool rewritten_here = false;   ///< by `rewrite … break` in its location: proxy_pass takes the URI whole
  bool client_gone = false;
  std::optional<http::StreamEnd> end;  ///< how the stream ended; none: it has not
  std::optional<uint64_t> limit_rate;  ///< by `set $limit_rate` or X-Accel-Limit-Rate; otherwise the route's
  std::string_view id;                 ///< $request_id, once somebody asked

  /// Ends a hook that said `pending`. Resumes through the ready queue; the second call is ignored.
  void resume(Verdict verdict) { resumed_.give(verdict); }
  event::Answer<Verdict>& resumed() { return resumed_; }
  /// Given by on_stream_end.
  event::Answer<http::StreamEnd>& ended() { return ended_; }

  /// Answers with a status of our own: its error page is found, or made, later. Fields that the reply has
  /// already stay (WWW-Authenticate). Returns Verdict::reply.
  Verdict answer(int status);
  /// Answers with text. It must live as long as the exchange, or be static. Returns Verdict::reply. To HEAD
  /// the body is set too, with Reply::header_only.
  Verdict answer(int status, std::string_view content_type, std::string_view text);
  /// Goes through the router again; `uri` is copied.
  Verdict redirect(std::string_view uri);

  /// $remote_addr: `client` as text, made once.
  std::string_view client_text();

  /// The request's body read whole and kept (memory, then file), where a module or proxy_request_buffering
  /// wants it.
  RequestBody& body();
  bool has_body() const { return request.framing != http::Framing::none; }

  /// A module's own bytes for this exchange, zeroed the first time.
  void* state(const Module& module);
  template <class State>
  State& state(const Module& module) {
    return *static_cast<State*>(state(module));
  }

  /// The value of variable `index`, from its slot if it was set or is cached. One that was never set is
  /// empty, and logged; so is one whose value would need itself.
  Value variable(uint32_t index);
  /// `value` must live as long as the exchange.
  void set_variable(uint32_t index, std::string_view value);
  /// What routing and rewriting made of `like`: its route, URI, captures and the variables that were set.
  void take_route(const Exchange& like);
  /// Forgets cached values (an internal redirect changed what they are made of).
  void forget_cached_variables();

  /// A line in the error log with "client: …, server: …, request: …, host: …" behind it, as nginx writes it.
  template <class... Args>
  void log(base::LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    base::Log& log = host.log(*this);
    if (log.enabled(level)) write_log(log, level, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  struct Slot {
    enum class State : uint8_t { empty, cached, set };
    Value value;
    State state = State::empty;
  };
  struct State {
    const Module* module;
    void* bytes;
    State* next;
  };
  Slot& slot(uint32_t index);
  Value evaluate(const Variable& variable);
  void write_log(base::Log& log, base::LogLevel level, std::string text);

  event::Answer<Verdict> resumed_;
  event::Answer<http::StreamEnd> ended_;
  Slot* slots_ = nullptr;  // one per variable, made when the first is kept
  const net::Address* client_text_of_ = nullptr;
  std::string_view client_text_;
  int depth_ = 0;  // of variables being evaluated for one another
  State* states_ = nullptr;
  RequestBody* body_ = nullptr;
};

}  // namespace exchange
