// What every child of the master is: a loop, the log, signals, the control channel, the traffic service.
// Worker and keeper add what they do. Lives from fork to exit, in run().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exchange/worker.h"
#include "process/control.h"
#include "process/error_log.h"
#include "process/generation.h"
#include "process/title.h"
#include "proxy/service.h"
#include "shm/process_table.h"

namespace process {

/// Exit codes: as asked; cannot start, and trying again will not help.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFatal = 2;

/// The place a child was forked for.
struct Place {
  const Start& start;
  Generation& generation;
  Title& title;
  ErrorLog& log;  ///< this child's own
  const shm::ProcessTable& processes;
  shm::ProcessIndex index;
  uint32_t slot;    ///< UINT32_MAX: the keeper
  net::Fd control;  ///< none: no master (master_process off)
};

class Child : public exchange::Worker {
 public:
  /// Takes on the account and limits, starts the service, then runs until it is told to end. Returns the exit
  /// code.
  int run();

 protected:
  Child(Place& place, std::string role);
  ~Child() override;

  /// Called once, before the child says that it is ready.
  virtual base::Result<void> begin() = 0;
  /// Nothing new is to be taken; `last_listeners` are to be emptied first.
  virtual void stop_accepting(const std::vector<uint16_t>& last_listeners) = 0;
  /// What is still under way is ended, whatever it is.
  virtual void ended() {}
  /// The service has nothing left and the process could end: `leave()` when it may.
  virtual void drained() { leave(); }

  void leave() { loop().stop(); }
  proxy::Service& service() { return *service_; }
  Generation& generation_of() { return place_.generation; }
  const proxy::Config& config() const { return *place_.generation.config; }
  const shm::ProcessTable& table() const { return place_.processes; }
  bool draining() const { return draining_; }

 private:
  base::Result<void> take_place();
  void watch_signals();
  void on_signal(int number);
  static void on_control(void* owner, int events);
  static void on_wake_event(void* owner, int events);
  static void on_shutdown_timeout(void* owner);
  void hear_master();
  void drain();
  void end_now();
  void reopen_logs();

  Place& place_;
  std::string role_;  ///< "worker", "keeper"
  std::vector<std::unique_ptr<event::Signal>> signals_;
  event::Io control_;
  event::Io wake_;
  event::Timer shutdown_;
  event::Timer hard_end_;
  std::vector<uint16_t> last_listeners_;
  std::unique_ptr<proxy::Service> service_;
  bool draining_ = false;
  bool ending_ = false;
};

}  // namespace process
