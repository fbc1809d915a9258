// The whole proxy in this process between a client and an origin of ours, with a clock that goes when we say:
// configuration, sessions, pipeline, cache and upstream connections are the program's own.
#pragma once

#include <functional>
#include <memory>

#include "exchange/worker.h"
#include "net/fd.h"
#include "proxy/config.h"
#include "proxy/service.h"
#include "shm/segment.h"
#include "t/unit/model/reference.h"

namespace model {

inline constexpr const char* kHost = "h.example";

class World {
 public:
  /// What the origin says; nothing: it closes the connection. Called when it is asked, and may let time pass.
  using Origin = std::function<std::optional<Response>(const Request&)>;

  World();
  ~World();

  /// Seconds since 1970. It stands still, but for less than a second while a request is under way.
  int64_t now() const { return now_; }
  void advance(int64_t seconds);
  /// One request on a connection of its own, until its answer is complete and nothing is under way any more.
  Response ask(const Request& request, const Origin& origin);

 private:
  struct Connection {
    net::Fd fd;
    std::string bytes;
  };
  class Process;

  void set_clock();
  net::Fd connect_client(net::Fd& other_end);
  void serve(const Origin& origin);
  bool is_busy() const;

  std::string folder_;
  net::Fd door_;    // where our clients' connections come from
  net::Fd origin_;  // listens
  shm::Segments segments_;
  std::shared_ptr<const proxy::Config> config_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<proxy::Service> service_;
  std::vector<Connection> connections_;  // of the origin
  int64_t now_ = 1'800'000'000;
};

}  // namespace model
