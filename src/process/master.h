// The master: starts workers and keeper, replaces those that die, and does what signals say. Carries no
// traffic, and never follows a pointer or waits for a lock in memory that workers can write. One thread, one
// poll(); signals are read from a descriptor, so nothing happens between two steps of it.
//
// master.cc holds the loop and the signals, children.cc who is started and who has died, reload.cc and
// upgrade_master.cc the two ways to change what runs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "process/control.h"
#include "process/error_log.h"
#include "process/generation.h"
#include "process/keeper.h"
#include "process/signals.h"
#include "process/supervision.h"
#include "process/title.h"
#include "process/upgrade.h"
#include "shm/process_table.h"
#include "shm/segment.h"

namespace process {

/// What the master is given when its sockets listen and its pid file is written.
struct MasterParts {
  const Start& start;
  Title& title;
  base::Clock& clock;
  ErrorLog& log;
  shm::Segments& segments;
  shm::ProcessTable& processes;
  shm::SegmentPtr lease;
  std::shared_ptr<Generation> generation;
  std::string program;  ///< where the next binary will be found
  pid_t parent;         ///< who started us: the old master after an upgrade
  bool inherited;       ///< started by an old master
  bool daemon;          ///< has no terminal that could be resized
  net::Fd started;      ///< told once that all is up; may be none
};

class Master {
 public:
  explicit Master(MasterParts parts);
  ~Master();

  /// Until it is told to end. Returns the exit code.
  int run();

 private:
  /// At most this many generations drain at once; then the oldest is ended.
  static constexpr size_t kMostDraining = 8;
  /// After SIGTERM, who is still there is killed.
  static constexpr base::Duration kKillAfter{1000};
  /// A new generation that is not ready by then is given up.
  static constexpr base::Duration kReadyWithin{60000};

  using Kind = shm::ProcessKind;
  using Post = std::pair<Kind, uint32_t>;  ///< keeper, or worker and slot

  struct Employed {
    pid_t pid;
    Post post;
    uint32_t generation;
    shm::ProcessIndex index;
    net::Fd control;
    base::MonoTime since;
    bool ready = false;
    bool draining = false;  ///< not replaced when it ends
  };
  struct Vacancy {
    Post post;
    base::MonoTime when;
  };

  // master.cc
  void wait();
  int wait_time() const;
  void on_signal(const Arrived& signal);
  std::string_view take_signal(int number);
  void act();
  void terminate();
  void quit();
  void stop_accepting();
  void reopen_logs();
  /// Nothing is being changed just now; what was asked for meanwhile is done afterwards.
  bool is_settled() const { return !next_ && !starting_ && !quitting_ && !terminating_; }
  bool can_act() const { return (reload_wanted_ || upgrade_wanted_) && is_settled(); }
  bool over() const { return (terminating_ || quitting_) && employed_.empty(); }
  void clean_up();
  bool owns_paths() const;

  // children.cc
  void fill_posts(const std::shared_ptr<Generation>& generation);
  void employ(Post post, const std::shared_ptr<Generation>& generation);
  [[noreturn]] void become_child(Post post, std::shared_ptr<Generation> generation, shm::ProcessIndex index,
                                 net::Fd control);
  void hear_children();
  void reap();
  void bury(pid_t pid, int status);
  void log_death(const std::string& name, pid_t pid, int status);
  void replace(const Employed& dead);
  void fill_vacancies();
  void send(Employed& to, int number);
  void drain(Employed& employed, const Generation* last_of = nullptr);
  bool all_ready(uint32_t generation) const;
  void check_start();
  void tell_started();
  void end_oldest_generations();

  // reload.cc
  void reload();
  void check_reload();
  void commit_reload();
  void abandon_reload(base::LogLevel level, std::string_view why);
  std::vector<uint16_t> vanishing(const Generation& old, const Employed& employed) const;
  void move_pid_file(const Generation& old);

  // upgrade_master.cc
  void change_binary();
  void bury_new_binary(int status);

  MasterParts parts_;
  base::Clock& clock_;
  ErrorLog& log_;
  std::shared_ptr<Generation> current_;
  std::shared_ptr<Generation> next_;  ///< being started by a reload
  shm::Segments segments_before_;     ///< what a reload goes back to when it fails
  base::MonoTime next_deadline_ = 0;
  base::MonoTime start_deadline_ = 0;
  uint32_t last_number_;
  SignalSource signals_;
  std::vector<Employed> employed_;
  std::vector<Vacancy> vacancies_;
  std::map<Post, Backoff> backoffs_;
  std::string pid_path_;  ///< where our pid is now: renamed while a new binary runs
  pid_t new_binary_ = 0;
  base::MonoTime kill_at_ = 0;
  int exit_code_ = 0;

  // What signals asked for, until it is done.
  bool terminate_wanted_ = false, quit_wanted_ = false, reload_wanted_ = false, reopen_wanted_ = false;
  bool upgrade_wanted_ = false, no_accept_wanted_ = false, child_died_ = false;
  // What holds now.
  bool starting_ = true;  ///< the first generation is not ready yet
  bool terminating_ = false, quitting_ = false;
  bool not_accepting_ = false;  ///< WINCH: without workers until HUP, or until the new binary has died
};

}  // namespace process
