#include "process/child.h"

#include <signal.h>
#include <unistd.h>

#include "process/environment.h"
#include "process/signals.h"

namespace process {

namespace {

/// What is still under way at SIGTERM gets this long to leave by its normal returns and write its log line.
constexpr base::Duration kHardEnd{500};

}  // namespace

Child::Child(Place& place, std::string role)
    : exchange::Worker(&place.log, place.index, place.slot, place.generation.number, &place.processes,
                       place.generation.config->events().backend),
      place_(place),
      role_(std::move(role)),
      control_(loop(), on_control, this),
      wake_(loop(), on_wake_event, this),
      shutdown_(loop(), on_shutdown_timeout, this),
      hard_end_(
          loop(), [](void*) { _exit(kExitOk); }, this) {
  place.log.use_clock(clock());
}

Child::~Child() = default;

int Child::run() {
  watch_signals();
  base::Result<void> placed = take_place();
  if (!placed) {
    log().print(base::LogLevel::emerg, "{}", placed.error().message);
    return kExitFatal;
  }
  use(config().parts());
  base::Result<std::unique_ptr<proxy::Service>> service =
      proxy::Service::start(*this, place_.generation.config);
  base::Result<void> begun;
  if (service) {
    service_ = std::move(*service);
    begun = begin();
  } else {
    begun = tl::unexpected(service.error());
  }
  if (!begun) {
    log().print(base::LogLevel::emerg, "{}", begun.error().message);
    return kExitFatal;
  }

  wake_.open(place_.processes.event_fd(place_.index));
  wake_.watch(EV_READ);
  if (place_.control) {
    control_.open(place_.control.get());
    control_.watch(EV_READ);
    say_ready(place_.control.get());
  }
  loop().run();
  // Whoever is told again while it leaves must not die of it: the watchers' end brings back the default.
  block_signals();
  log().print(base::LogLevel::notice, "exit");
  return kExitOk;
}

base::Result<void> Child::take_place() {
  const proxy::MainConf& main = config().main();
  // Without a master this process stays who it is, as nginx does.
  if (!place_.control) return {};
  set_environment(kept_environment(main));
  if (main.worker_rlimit_nofile != 0) {
    base::Result<void> set = set_open_files(main.worker_rlimit_nofile);
    if (!set) log().print(base::LogLevel::warn, "{}", set.error().message);
  }
  base::Result<void> taken = take_on(place_.generation.account);
  if (config().has_keys()) hide_memory();
  return taken;
}

void Child::watch_signals() {
  for (int number : {SIGTERM, SIGINT, SIGQUIT, SIGUSR1}) {
    signals_.push_back(
        std::make_unique<event::Signal>(loop(), number, [this](int arrived) { on_signal(arrived); }));
  }
  // These are the master's to act on.
  for (int number : {SIGHUP, SIGUSR2, SIGWINCH, SIGALRM, SIGIO}) signal(number, SIG_IGN);
  // A limit on the size of files is an error of the write, not the end of the process.
  signal(SIGXFSZ, SIG_IGN);
  unblock_signals();
}

void Child::on_signal(int number) {
  switch (number) {
    case SIGQUIT: hear_master(); return drain();
    case SIGUSR1: return reopen_logs();
    default: return end_now();
  }
}

void Child::on_control(void* owner, int) { static_cast<Child*>(owner)->hear_master(); }

void Child::hear_master() {
  if (control_.fd() < 0 || !place_.control) return;
  Heard heard = hear(place_.control.get());
  if (!heard.last_listeners.empty()) last_listeners_ = std::move(heard.last_listeners);
  if (!heard.master_gone) return;
  control_.close();
  if (draining_) return;
  log().print(base::LogLevel::notice, "the master process is gone, shutting down");
  // Others of this generation do the same: whoever still waits in a queue is taken by one of them.
  for (size_t i = 0; i < place_.generation.listening.count(); ++i) {
    last_listeners_.push_back(static_cast<uint16_t>(i));
  }
  drain();
}

void Child::on_wake_event(void* owner, int) {
  Child* self = static_cast<Child*>(owner);
  shm::ProcessTable::drain(self->wake_.fd());
  self->woken();
}

void Child::drain() {
  if (draining_) return;
  draining_ = true;
  log().print(base::LogLevel::notice, "gracefully shutting down");
  if (place_.control) place_.title.show(role_ + " process is shutting down");
  stop_accepting(last_listeners_);
  base::Duration limit = config().main().worker_shutdown_timeout;
  if (limit.count() > 0) shutdown_.start(limit);
  service_->drain([this] { finish([this] { drained(); }); });
}

void Child::on_shutdown_timeout(void* owner) {
  static_cast<Child*>(owner)->service_->shut_down();
  static_cast<Child*>(owner)->ended();
}

void Child::end_now() {
  if (ending_) return;
  ending_ = true;
  log().print(base::LogLevel::notice, "exiting");
  hard_end_.start(kHardEnd);
  // Before the first turn there is no service yet.
  if (!service_) _exit(kExitOk);
  if (!draining_) {
    draining_ = true;
    stop_accepting({});
    service_->drain([this] { finish([this] { drained(); }); });
  }
  service_->shut_down();
  ended();
}

void Child::reopen_logs() {
  log().print(base::LogLevel::notice, "reopening logs");
  if (service_ != nullptr) service_->flush_logs();  // what waits belongs into the old files
  for (const base::Error& error : place_.generation.logs.reopen(nullptr)) {
    log().print(base::LogLevel::emerg, "{}", error.message);
  }
}

}  // namespace process
