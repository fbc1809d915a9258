#include "event/loop.h"

#include "base/check.h"

namespace event {

base::Result<unsigned> find_backend(std::string_view name) {
  static constexpr std::pair<std::string_view, unsigned> kBackends[] = {{"epoll", EVBACKEND_EPOLL},
                                                                        {"poll", EVBACKEND_POLL},
                                                                        {"select", EVBACKEND_SELECT},
                                                                        {"kqueue", EVBACKEND_KQUEUE}};
  for (const auto& [known, flag] : kBackends) {
    if (known != name) continue;
    if ((ev_supported_backends() & flag) == 0)
      return base::fail("event type \"{}\" is not on this system", name);
    return flag;
  }
  return base::fail("invalid event type \"{}\", it must be epoll, poll, select or kqueue", name);
}

Loop::Loop(unsigned backend) : loop_(ev_loop_new(backend | EVFLAG_NOENV)) {
  PC_CHECK(loop_ != nullptr);
  // Active watchers also keep libev waiting when nothing else is watched.
  ev_check_init(&check_, on_check);
  ev_set_priority(&check_, EV_MAXPRI);  // the clock is right before any other callback of the turn
  check_.data = this;
  ev_check_start(loop_, &check_);
  ev_timer_init(&wake_, on_wake, 0., 0.);
  wake_.data = this;
}

Loop::~Loop() {
  for (Armed& armed : armed_) armed.timer->place_ = Timer::kNowhere;
  ev_timer_stop(loop_, &wake_);
  ev_check_stop(loop_, &check_);
  ev_loop_destroy(loop_);
}

void Loop::run() {
  do {
    run_once(true);
  } while (!stopping_);
  stopping_ = false;
}

void Loop::run_once(bool may_block) {
  ev_run(loop_, may_block && may_wait() ? EVRUN_ONCE : EVRUN_NOWAIT);
  fire_timers();
  ready_.drain();
  if (turn_end_) turn_end_();
}

void Loop::after_fork() { ev_loop_fork(loop_); }

void Loop::on_check(struct ev_loop*, ev_check* check, int) {
  static_cast<Loop*>(check->data)->clock_.update();
}

void Loop::on_wake(struct ev_loop*, ev_timer* wake, int) { static_cast<Loop*>(wake->data)->wake_when_ = 0; }

// Whether there is nothing to do now; then libev is told when there will be. It may wake us early (its clock
// is not ours): then the turn finds nothing due and the rest, at least a millisecond, is waited for.
bool Loop::may_wait() {
  if (stopping_ || !ready_.empty()) return false;
  if (armed_.empty()) return true;
  base::MonoTime next = armed_.front().when;
  if (next <= now()) return false;
  if (wake_when_ != 0 && wake_when_ <= next) return true;
  ev_timer_stop(loop_, &wake_);
  ev_timer_set(&wake_, static_cast<double>(next - now()) / 1000., 0.);
  ev_timer_start(loop_, &wake_);
  wake_when_ = next;
  return true;
}

void Loop::fire_timers() {
  // What callbacks start anew for now waits for the next turn, or a timer of no length would keep us here.
  for (size_t left = armed_.size(); left != 0 && !armed_.empty() && armed_.front().when <= now(); --left) {
    Timer& timer = *armed_.front().timer;
    if (timer.deadline_ == 0) {
      disarm(timer);
    } else if (timer.deadline_ > now()) {
      armed_.front().when = timer.deadline_;
      sift_down(0);
    } else {
      disarm(timer);
      timer.deadline_ = 0;
      timer.callback_(timer.owner_);
    }
  }
}

void Loop::arm(Timer& timer, base::MonoTime when) {
  if (timer.place_ == Timer::kNowhere) {
    timer.place_ = armed_.size();
    armed_.push_back({when, &timer});
  } else {
    armed_[timer.place_].when = when;
  }
  sift_up(timer.place_);
}

void Loop::disarm(Timer& timer) {
  size_t place = std::exchange(timer.place_, Timer::kNowhere);
  Armed last = armed_.back();
  armed_.pop_back();
  if (place == armed_.size()) return;
  put(place, last);
  sift_up(place);
  sift_down(last.timer->place_);
}

void Loop::sift_up(size_t place) {
  Armed moving = armed_[place];
  while (place != 0 && moving.when < armed_[(place - 1) / 2].when) {
    put(place, armed_[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  put(place, moving);
}

void Loop::sift_down(size_t place) {
  Armed moving = armed_[place];
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= armed_.size()) break;
    if (child + 1 < armed_.size() && armed_[child + 1].when < armed_[child].when) ++child;
    if (moving.when <= armed_[child].when) break;
    put(place, armed_[child]);
    place = child;
  }
  put(place, moving);
}

void Loop::put(size_t place, Armed armed) {
  armed_[place] = armed;
  armed.timer->place_ = place;
}

Io::Io(Loop& loop, Callback callback, void* owner) : loop_(loop), callback_(callback), owner_(owner) {
  ev_io_init(&io_, on_event, -1, 0);
  io_.data = this;
}

void Io::open(int fd) {
  close();
  ev_io_set(&io_, fd, 0);
}

void Io::watch(int events) {
  if (events == watched()) return;
  PC_CHECK(io_.fd >= 0);
  ev_io_stop(loop_.raw(), &io_);
  if (events == 0) return;
  // The first watch after open() must tell libev that the number is a new descriptor; later ones need not.
  ev_io_modify(&io_, events);
  ev_io_start(loop_.raw(), &io_);
}

void Io::close() {
  if (io_.fd < 0) return;
  ev_io_stop(loop_.raw(), &io_);
  io_.fd = -1;
}

void Io::on_event(struct ev_loop*, ev_io* io, int events) {
  Io* self = static_cast<Io*>(io->data);
  self->callback_(self->owner_, events & (EV_READ | EV_WRITE));
}

Timer::~Timer() {
  if (place_ != kNowhere) loop_.disarm(*this);
}

void Timer::start_at(base::MonoTime when) {
  deadline_ = when > 0 ? when : 1;
  if (place_ == kNowhere || deadline_ < loop_.armed_[place_].when) loop_.arm(*this, deadline_);
}

Signal::Signal(Loop& loop, int number, std::function<void(int)> callback)
    : loop_(loop), callback_(std::move(callback)) {
  ev_signal_init(&signal_, on_event, number);
  signal_.data = this;
  ev_signal_start(loop_.raw(), &signal_);
}

Signal::~Signal() { ev_signal_stop(loop_.raw(), &signal_); }

void Signal::on_event(struct ev_loop*, ev_signal* signal, int) {
  Signal* self = static_cast<Signal*>(signal->data);
  self->callback_(self->signal_.signum);
}

}  // namespace event
