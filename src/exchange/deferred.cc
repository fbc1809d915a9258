#include "exchange/deferred.h"

namespace exchange {
namespace {

struct Outcome {
  Verdict verdict = Verdict::pending;
  bool waited_for = false;
};

event::Task<void> finish(Exchange& exchange, Outcome& outcome, event::Task<Verdict> task) {
  Verdict verdict = co_await task;
  outcome.verdict = verdict;
  if (outcome.waited_for) exchange.resume(verdict);
}

}  // namespace

Verdict deferred(Exchange& exchange, event::Task<Verdict> task) {
  Outcome& outcome = *exchange.arena.make<Outcome>();
  event::spawn(finish(exchange, outcome, std::move(task)));
  outcome.waited_for = outcome.verdict == Verdict::pending;
  return outcome.verdict;
}

}  // namespace exchange
