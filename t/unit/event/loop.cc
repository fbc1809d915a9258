#include "event/loop.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <memory>
#include <string>
#include <vector>

namespace {

using base::Duration;

struct Pipe {
  Pipe() { cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

struct Counted {
  static void fire(void* self) { ++static_cast<Counted*>(self)->count; }
  int count = 0;
};

struct Note final : event::Ready {
  Note(std::string& the_notes, char the_name) : notes(the_notes), name(the_name) {}
  void on_ready() override {
    notes += name;
    if (again != nullptr) again->post(*this);
  }
  std::string& notes;
  char name;
  event::ReadyQueue* again = nullptr;
};

}  // namespace

Test(ready, runs_in_order_and_an_item_posted_twice_once) {
  event::ReadyQueue queue;
  std::string notes;
  Note a(notes, 'a'), b(notes, 'b');
  queue.post(a);
  queue.post(b);
  queue.post(a);
  queue.drain();
  cr_assert(notes == "ab");
}

Test(ready, an_item_that_posts_itself_does_not_keep_the_loop) {
  event::Loop loop;
  std::string notes;
  Note a(notes, 'a');
  a.again = &loop.ready();
  loop.post(a);
  loop.run_once(true);
  cr_assert_eq(notes.size(), 4096u);
  cr_assert_not(loop.ready().empty());
}

Test(ready, a_destroyed_item_is_not_run) {
  event::ReadyQueue queue;
  std::string notes;
  auto a = std::make_unique<Note>(notes, 'a');
  queue.post(*a);
  a.reset();
  queue.drain();
  cr_assert(notes.empty());
}

Test(timer, fires_once_and_never_before_its_deadline) {
  event::Loop loop;
  Counted counted;
  event::Timer timer(loop, Counted::fire, &counted);
  for (int round = 0; round < 5; ++round) {
    base::MonoTime deadline = loop.now() + 3;
    timer.start(Duration(3));
    int turns = 0;
    while (counted.count == round) {
      loop.run_once(true);
      ++turns;
    }
    cr_assert_geq(loop.now(), deadline);
    cr_assert_leq(turns, 5);
    cr_assert_not(timer.active());
  }
}

Test(timer, the_clock_of_the_loop_decides) {
  event::Loop loop;
  Counted counted;
  event::Timer timer(loop, Counted::fire, &counted);
  timer.start(base::minutes(5));
  loop.run_once(false);
  cr_assert_eq(counted.count, 0);
  loop.clock().advance(base::minutes(5));
  loop.run_once(true);
  cr_assert_eq(counted.count, 1);
}

Test(timer, set_later_it_fires_later_and_set_earlier_earlier) {
  event::Loop loop;
  Counted counted;
  event::Timer timer(loop, Counted::fire, &counted);
  timer.start(base::seconds(10));
  timer.start(base::seconds(60));
  loop.clock().advance(base::seconds(30));
  loop.run_once(false);
  cr_assert_eq(counted.count, 0);
  timer.start(base::seconds(5));
  loop.clock().advance(base::seconds(6));
  loop.run_once(false);
  cr_assert_eq(counted.count, 1);
  loop.clock().advance(base::hours(1));
  loop.run_once(false);
  cr_assert_eq(counted.count, 1);
}

Test(timer, a_stopped_one_is_silent) {
  event::Loop loop;
  Counted counted;
  event::Timer timer(loop, Counted::fire, &counted);
  timer.start(base::seconds(1));
  timer.stop();
  loop.clock().advance(base::seconds(5));
  loop.run_once(false);
  cr_assert_eq(counted.count, 0);
  timer.start(base::seconds(1));
  timer.stop();
  timer.start(base::seconds(1));
  loop.clock().advance(base::seconds(2));
  loop.run_once(false);
  cr_assert_eq(counted.count, 1);
}

namespace {
struct Restarted {
  static void fire(void* self) {
    Restarted* restarted = static_cast<Restarted*>(self);
    ++restarted->count;
    restarted->timer.start(Duration(0));
  }
  explicit Restarted(event::Loop& loop) : timer(loop, fire, this) {}
  event::Timer timer;
  int count = 0;
};
}  // namespace

Test(timer, one_of_no_length_restarted_fires_once_a_turn) {
  event::Loop loop;
  Restarted restarted(loop);
  restarted.timer.start(Duration(0));
  for (int i = 1; i <= 10; ++i) {
    loop.run_once(true);
    cr_assert_eq(restarted.count, i);
  }
}

namespace {
struct Ordered {
  static void fire(void* self) {
    Ordered* ordered = static_cast<Ordered*>(self);
    ordered->fired->push_back(ordered->deadline);
    if (ordered->victim != nullptr) ordered->victim->reset();
  }
  Ordered(event::Loop& loop, std::vector<int>* the_fired, int the_deadline)
      : timer(loop, fire, this), fired(the_fired), deadline(the_deadline) {
    timer.start(Duration(deadline));
  }
  event::Timer timer;
  std::vector<int>* fired;
  int deadline;
  std::unique_ptr<Ordered>* victim = nullptr;
};
}  // namespace

Test(timer, a_thousand_fire_in_order_while_others_are_destroyed) {
  event::Loop loop;
  std::vector<int> fired;
  std::vector<std::unique_ptr<Ordered>> timers;
  for (int i = 0; i < 1000; ++i) {
    timers.push_back(std::make_unique<Ordered>(loop, &fired, 1000 + (i * 7919) % 1000));
  }
  for (int i = 0; i < 1000; i += 3) timers[static_cast<size_t>(i)].reset();
  for (int step = 0; step < 300; ++step) {
    loop.clock().advance(Duration(10));
    loop.run_once(false);
  }
  cr_assert_eq(fired.size(), 666u);
  cr_assert(std::is_sorted(fired.begin(), fired.end()));
}

Test(timer, a_callback_may_destroy_its_own_and_others) {
  event::Loop loop;
  std::vector<int> fired;
  auto own = std::make_unique<Ordered>(loop, &fired, 10);
  auto other = std::make_unique<Ordered>(loop, &fired, 11);
  auto third = std::make_unique<Ordered>(loop, &fired, 12);
  own->victim = &other;
  third->victim = &third;
  loop.clock().advance(Duration(50));
  loop.run_once(false);
  cr_assert(fired == std::vector<int>({10, 12}));
}

namespace {
struct Watched {
  static void on_io(void* self, int events) {
    Watched* watched = static_cast<Watched*>(self);
    watched->seen |= events;
    ++watched->calls;
  }
  Watched(event::Loop& loop, int fd) : io(loop, on_io, this) { io.open(fd); }
  event::Io io;
  int seen = 0;
  int calls = 0;
};
}  // namespace

Test(io, only_what_is_watched_is_told) {
  event::Loop loop;
  Pipe pipe;
  Watched reading(loop, pipe.ends[0]);
  loop.run_once(false);
  cr_assert_eq(reading.calls, 0);
  reading.io.watch(EV_READ);
  cr_assert_eq(reading.io.watched(), EV_READ);
  loop.run_once(false);
  cr_assert_eq(reading.calls, 0);
  cr_assert_eq(write(pipe.ends[1], "x", 1), 1);
  loop.run_once(true);
  cr_assert_eq(reading.calls, 1);
  cr_assert_eq(reading.seen, EV_READ);
  reading.io.watch(0);
  loop.run_once(false);
  cr_assert_eq(reading.calls, 1);
}

Test(io, a_number_used_again_is_a_new_descriptor) {
  event::Loop loop;
  auto first = std::make_unique<Pipe>();
  int number = first->ends[0];
  Watched reading(loop, number);
  reading.io.watch(EV_READ);
  loop.run_once(false);
  reading.io.close();
  first.reset();
  Pipe second;
  cr_assert_eq(second.ends[0], number);
  reading.io.open(number);
  reading.io.watch(EV_READ);
  cr_assert_eq(write(second.ends[1], "x", 1), 1);
  loop.run_once(true);
  cr_assert_eq(reading.calls, 1);
}

namespace {
struct Closing {
  static void on_io(void* self, int) {
    Closing* closing = static_cast<Closing*>(self);
    std::unique_ptr<Closing> victim = std::move(*closing->victim);
    ++*closing->calls;
  }
  Closing(event::Loop& loop, int fd, int* the_calls) : io(loop, on_io, this), calls(the_calls) {
    io.open(fd);
    io.watch(EV_READ);
  }
  event::Io io;
  int* calls;
  std::unique_ptr<Closing>* victim = nullptr;
};
}  // namespace

Test(io, one_destroyed_by_another_of_the_same_turn_is_not_called) {
  event::Loop loop;
  Pipe one, two;
  int calls = 0;
  auto first = std::make_unique<Closing>(loop, one.ends[0], &calls);
  auto second = std::make_unique<Closing>(loop, two.ends[0], &calls);
  first->victim = &second;
  second->victim = &first;
  cr_assert_eq(write(one.ends[1], "x", 1), 1);
  cr_assert_eq(write(two.ends[1], "x", 1), 1);
  loop.run_once(true);
  cr_assert_eq(calls, 1);
}

Test(loop, run_ends_after_stop_and_calls_the_turn_end) {
  event::Loop loop;
  int turns = 0;
  loop.on_turn_end([&] {
    if (++turns == 3) loop.stop();
  });
  Restarted restarted(loop);
  restarted.timer.start(Duration(0));
  loop.run();
  cr_assert_eq(turns, 3);
}

Test(loop, what_still_watches_when_it_ends_is_clean) {
  Pipe pipe;
  Counted counted;
  event::Loop loop;
  event::Timer timer(loop, Counted::fire, &counted);
  timer.start(base::hours(1));
  Watched reading(loop, pipe.ends[0]);
  reading.io.watch(EV_READ);
  event::Signal signal(loop, SIGUSR1, [](int) {});
  loop.run_once(false);
}

Test(signal, is_told_in_the_loop) {
  event::Loop loop;
  int got = 0;
  event::Signal usr1(loop, SIGUSR1, [&](int number) { got = number; });
  raise(SIGUSR1);
  for (int i = 0; i < 10 && got == 0; ++i) loop.run_once(true);
  cr_assert_eq(got, SIGUSR1);
}

Test(signal, belongs_to_the_next_loop_after_the_first_gave_it_up) {
  int got = 0;
  {
    event::Loop first;
    event::Signal usr1(first, SIGUSR1, [](int) {});
  }
  event::Loop second;
  event::Signal usr1(second, SIGUSR1, [&](int number) { got = number; });
  raise(SIGUSR1);
  for (int i = 0; i < 10 && got == 0; ++i) second.run_once(true);
  cr_assert_eq(got, SIGUSR1);
}

Test(loop, goes_on_in_a_child_after_fork) {
  event::Loop loop;
  Pipe pipe;
  Watched reading(loop, pipe.ends[0]);
  reading.io.watch(EV_READ);
  loop.run_once(false);
  pid_t child = fork();
  if (child == 0) {
    loop.after_fork();
    if (write(pipe.ends[1], "x", 1) != 1) _exit(2);
    loop.run_once(true);
    _exit(reading.calls == 1 ? 0 : 1);
  }
  int status = 0;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert_eq(status, 0);
}
