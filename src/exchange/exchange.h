// One request being handled: from the head of the request to its line in the log. Lives in its stream's
// arena. Not a god object: each part owns its own state; what only the wire needs stays in the stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "event/cancel.h"
#include "event/task.h"
#include "exchange/detached.h"
#include "exchange/module.h"
#include "exchange/origin.h"
#include "exchange/reply.h"
#include "exchange/route.h"
#include "exchange/subject.h"
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

class Exchange final : public Subject {
 public:
  Exchange(Worker& worker, Host& host, http::Stream& stream);
  ~Exchange();

  Host& host;
  http::Stream& stream;
  http::Request& request;  ///< path and query change with rewrites; target stays as received
  const Route* route = nullptr;
  Reply reply;
  Origin origin;
  event::CancelScope cancel;     ///< canceled when the client leaves; what pends registers here
  std::string_view user;         ///< $remote_user, once an auth module accepted it
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

  /// What routing and rewriting made of `like`: its route, URI, captures and the variables that were set.
  void take_route(const Exchange& like);
  const http::Fields* request_fields() const override { return &request.fields; }

 private:
  struct State {
    const Module* module;
    void* bytes;
    State* next;
  };
  base::Log& error_log() override { return host.log(*this); }
  void describe(std::string& line) const override;
  Value evaluate_own(const Variable& variable) override;
  void set_own(const Variable& variable, std::string_view value) override;

  event::Answer<Verdict> resumed_;
  event::Answer<http::StreamEnd> ended_;
  State* states_ = nullptr;
  RequestBody* body_ = nullptr;
};

}  // namespace exchange
