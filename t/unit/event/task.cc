#include "event/task.h"

#include <criterion/criterion.h>

#include <memory>
#include <string>
#include <vector>

#include "event/cancel.h"
#include "event/frame.h"
#include "event/gate.h"

namespace {

using event::Answer;
using event::Task;

Task<int> immediate(int value) { co_return value; }

Task<void> add_up(int times, long* sum) {
  for (int i = 0; i < times; ++i) {
    int value = co_await immediate(i);
    *sum += value;
  }
}

Task<int> deep(int levels, uintptr_t* lowest) {
  char here;
  uintptr_t place = reinterpret_cast<uintptr_t>(&here);
  if (place < *lowest) *lowest = place;
  if (levels == 0) co_return 0;
  int below = co_await deep(levels - 1, lowest);
  co_return below + 1;
}

Task<std::string> wait_for(Answer<std::string>& answer) {
  std::string value = co_await answer;
  co_return value + "!";
}

Task<void> collect(Answer<std::string>& answer, std::vector<std::string>& into) {
  std::string value = co_await wait_for(answer);
  into.push_back(value);
}

}  // namespace

Test(task, nothing_runs_before_it_is_awaited) {
  long sum = 0;
  { Task<void> dropped = add_up(10, &sum); }
  cr_assert_eq(sum, 0);
  event::spawn(add_up(10, &sum));
  cr_assert_eq(sum, 45);
}

Test(task, a_hundred_thousand_synchronous_awaits_do_not_grow_the_stack) {
  long sum = 0;
  event::spawn(add_up(100000, &sum));
  cr_assert_eq(sum, 4999950000);
}

namespace {
Task<void> go_deep(uintptr_t* lowest, int* result) { *result = co_await deep(200, lowest); }

// Suspends in each round, so that the final awaiter's transfer is what goes on.
Task<int> suspended(Answer<int>& answer) {
  int value = co_await answer;
  answer.reset();
  co_return value;
}
Task<void> many_rounds(Answer<int>& answer, int rounds, long* sum) {
  for (int i = 0; i < rounds; ++i) {
    int value = co_await suspended(answer);
    *sum += value;
  }
}
}  // namespace

Test(task, results_come_back_through_many_frames) {
  uintptr_t lowest = UINTPTR_MAX;
  int result = 0;
  event::spawn(go_deep(&lowest, &result));
  cr_assert_eq(result, 200);
}

Test(task, a_hundred_thousand_suspensions_do_not_grow_the_stack) {
  event::ReadyQueue queue;
  Answer<int> answer(queue);
  long sum = 0;
  event::spawn(many_rounds(answer, 100000, &sum));
  for (int i = 0; i < 100000; ++i) {
    answer.give(1);
    queue.drain();
  }
  cr_assert_eq(sum, 100000);
}

Test(answer, one_given_before_is_taken_at_once) {
  event::ReadyQueue queue;
  Answer<std::string> answer(queue);
  std::vector<std::string> got;
  answer.give("early");
  event::spawn(collect(answer, got));
  cr_assert_eq(got.size(), 1u);
  cr_assert(got[0] == "early!");
  cr_assert(queue.empty());
}

Test(answer, one_given_later_resumes_from_the_ready_queue_and_not_in_place) {
  event::ReadyQueue queue;
  Answer<std::string> answer(queue);
  std::vector<std::string> got;
  event::spawn(collect(answer, got));
  answer.give("late");
  answer.give("ignored");
  cr_assert(got.empty());
  queue.drain();
  cr_assert_eq(got.size(), 1u);
  cr_assert(got[0] == "late!");
}

namespace {
Task<void> take(Answer<std::unique_ptr<int>>& answer, int* into) {
  std::unique_ptr<int> value = co_await answer;
  *into = *value;
}
}  // namespace

Test(answer, what_can_only_move_is_moved) {
  event::ReadyQueue queue;
  Answer<std::unique_ptr<int>> answer(queue);
  int got = 0;
  event::spawn(take(answer, &got));
  answer.give(std::make_unique<int>(7));
  queue.drain();
  cr_assert_eq(got, 7);
}

namespace {
enum class Outcome { done, canceled };

Task<void> outcome_of(event::ReadyQueue& queue, event::CancelScope& scope, Answer<Outcome>** asked,
                      Outcome* outcome) {
  Answer<Outcome> answer(queue);
  *asked = &answer;
  event::Canceling<Outcome> canceling(scope, answer, Outcome::canceled);
  *outcome = co_await answer;
}
}  // namespace

Test(cancel, a_pending_answer_is_given_canceled) {
  event::ReadyQueue queue;
  event::CancelScope scope(queue);
  Answer<Outcome>* first = nullptr;
  Answer<Outcome>* second = nullptr;
  Outcome outcomes[2] = {Outcome::done, Outcome::done};
  event::spawn(outcome_of(queue, scope, &first, &outcomes[0]));
  event::spawn(outcome_of(queue, scope, &second, &outcomes[1]));
  scope.cancel();
  scope.cancel();
  cr_assert_eq(outcomes[0], Outcome::done);
  queue.drain();
  cr_assert_eq(outcomes[0], Outcome::canceled);
  cr_assert_eq(outcomes[1], Outcome::canceled);
}

Test(cancel, who_enters_a_canceled_scope_is_told_as_well) {
  event::ReadyQueue queue;
  event::CancelScope scope(queue);
  scope.cancel();
  Answer<Outcome>* asked = nullptr;
  Outcome outcome = Outcome::done;
  event::spawn(outcome_of(queue, scope, &asked, &outcome));
  queue.drain();
  cr_assert_eq(outcome, Outcome::canceled);
}

Test(cancel, an_answer_given_first_stays) {
  event::ReadyQueue queue;
  event::CancelScope scope(queue);
  Answer<Outcome>* asked = nullptr;
  Outcome outcome = Outcome::canceled;
  event::spawn(outcome_of(queue, scope, &asked, &outcome));
  asked->give(Outcome::done);
  scope.cancel();
  queue.drain();
  cr_assert_eq(outcome, Outcome::done);
}

namespace {
struct Destroyer : event::Cancelable {
  void on_cancel() override { *target = nullptr; }
  std::unique_ptr<event::CancelScope>* target = nullptr;
};
struct Counter : event::Cancelable {
  void on_cancel() override { ++count; }
  int count = 0;
};
}  // namespace

Test(cancel, who_is_told_may_destroy_the_scope) {
  event::ReadyQueue queue;
  auto scope = std::make_unique<event::CancelScope>(queue);
  Counter before, after;
  Destroyer destroyer;
  destroyer.target = &scope;
  scope->add(before);
  scope->add(destroyer);
  scope->add(after);
  scope->cancel();
  queue.drain();
  cr_assert_eq(before.count, 1);
  cr_assert_eq(after.count, 1);
}

Test(frame, a_freed_frame_is_used_again) {
#ifdef __SANITIZE_ADDRESS__
  cr_skip_test("frames come from malloc under ASan");
#endif
  size_t before = event::frame_bytes();
  void* first = event::allocate_frame(200);
  event::free_frame(first, 200);
  void* second = event::allocate_frame(250);  // the same class: 256
  cr_assert_eq(first, second);
  cr_assert_eq(event::frame_bytes() - before, 256u);
  event::free_frame(second, 250);
}

Test(frame, lists_hold_a_bounded_amount) {
  std::vector<void*> frames;
  for (int i = 0; i < 3000; ++i) frames.push_back(event::allocate_frame(4096));
  void* large = event::allocate_frame(100000);
  for (void* frame : frames) event::free_frame(frame, 4096);
  event::free_frame(large, 100000);
  cr_assert_leq(event::frame_bytes(), size_t{1} << 20);
}

namespace {
Task<void> inside(event::Gate::Pass pass, Answer<std::string>& answer) {
  std::string value = co_await answer;
  (void)pass;
  (void)value;
}
Task<void> drain(event::Gate& gate, bool* drained) {
  co_await gate;
  *drained = true;
}
}  // namespace

Test(gate, draining_waits_until_nothing_is_inside) {
  event::ReadyQueue queue;
  event::Gate gate(queue);
  Answer<std::string> first(queue), second(queue);
  event::spawn(inside(event::Gate::Pass(gate), first));
  event::spawn(inside(event::Gate::Pass(gate), second));
  cr_assert_eq(gate.inside(), 2u);
  bool drained = false;
  int called = 0;
  event::spawn(drain(gate, &drained));
  gate.when_empty([&] { ++called; });
  first.give("");
  queue.drain();
  cr_assert_not(drained);
  second.give("");
  queue.drain();
  cr_assert(drained);
  cr_assert_eq(called, 1);
  cr_assert_eq(gate.inside(), 0u);
}

Test(gate, an_empty_gate_holds_nobody_up) {
  event::ReadyQueue queue;
  event::Gate gate(queue);
  bool drained = false;
  event::spawn(drain(gate, &drained));
  cr_assert(drained);
  bool called = false;
  gate.when_empty([&] { called = true; });
  queue.drain();
  cr_assert(called);
}
