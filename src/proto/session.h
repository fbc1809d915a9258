// A client connection, whatever the HTTP version: what a worker needs to count, drain and end them.
#pragma once

#include "base/list.h"

namespace proto {

class Session;

/// Whoever made the session: the worker's service.
struct SessionOwner {
  /// The connection is closed and nothing of it is under way; the session deletes itself when this returns.
  virtual void on_session_end(Session& session) = 0;
  /// From now on the session waits for its next request.
  virtual void on_idle(Session& session) { (void)session; }
  /// A session waits for the rest of a request's head, or does no more.
  virtual void on_reading(bool reading) { (void)reading; }

 protected:
  ~SessionOwner() = default;
};

class Session : public base::ListNode<Session> {
 public:
  virtual ~Session() = default;

  /// From now on the client is told at its next request that the connection ends (h1: Connection: close).
  virtual void drain() = 0;
  /// Whether no request is under way.
  virtual bool is_idle() const = 0;
  /// Ends it where nothing is under way; how room is made when connections run out. False: something is.
  virtual bool close_idle() = 0;
  /// Ends it whatever is under way (worker_shutdown_timeout).
  virtual void shut_down() = 0;
};

}  // namespace proto
