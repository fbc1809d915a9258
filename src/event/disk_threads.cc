#include "event/disk_threads.h"

#include <csignal>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace event {

struct DiskThreads::State : Ready {
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
  };

  State(Loop& the_loop, unsigned the_count) : loop(the_loop), count(the_count == 0 ? 1 : the_count) {
    ev_async_init(&finished_some, on_finished);
    finished_some.data = this;
    ev_async_start(loop.raw(), &finished_some);
  }
  virtual ~State() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      ending = true;
    }
    wanted.notify_all();
    for (std::thread& thread : threads) thread.join();
    ev_async_stop(loop.raw(), &finished_some);
  }

  void start_threads() {
    // Signals belong to the loop's thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (threads.size() < count) threads.emplace_back([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void work() noexcept {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      wanted.wait(lock, [this] { return ending || !waiting.empty(); });
      if (ending) return;
      Job job = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      job.work();
      lock.lock();
      finished.push_back(std::move(job));
      ev_async_send(loop.raw(), &finished_some);
    }
  }

  static void on_finished(struct ev_loop*, ev_async* async, int) {
    State* self = static_cast<State*>(async->data);
    self->loop.post(*self);
  }

  // A completion may destroy the DiskThreads: `jobs` is ours, and nothing of the state is touched afterwards.
  void on_ready() override {
    std::deque<Job> jobs;
    {
      std::lock_guard<std::mutex> lock(mutex);
      jobs.swap(finished);
    }
    for (Job& job : jobs) job.done();
  }

  Loop& loop;
  const unsigned count;
  ev_async finished_some;
  std::mutex mutex;  // guards what follows, but not `threads`
  std::condition_variable wanted;
  std::deque<Job> waiting;
  std::deque<Job> finished;
  bool ending = false;
  std::vector<std::thread> threads;
};

DiskThreads::DiskThreads(Loop& loop, unsigned count) : state_(std::make_unique<State>(loop, count)) {}

DiskThreads::~DiskThreads() = default;

void DiskThreads::run(std::function<void()> work, std::function<void()> done) {
  if (state_->threads.empty()) state_->start_threads();
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->waiting.push_back({std::move(work), std::move(done)});
  }
  state_->wanted.notify_one();
}

}  // namespace event
