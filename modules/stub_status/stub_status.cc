#include "modules/stub_status/stub_status.h"

#include "exchange/exchange.h"
#include "exchange/setters.h"
#include "exchange/traffic.h"

namespace stub_status {
namespace {

using exchange::Exchange;
using exchange::Traffic;
using exchange::Value;
using exchange::Verdict;

struct Conf {
  bool on = false;
};

base::Result<void> set_on(void* section, const conf::Directive&, conf::Site&) {
  static_cast<Conf*>(section)->on = true;
  return {};
}

constexpr conf::Row kRows[] = {
    {.name = "stub_status",
     .contexts = conf::kServer | conf::kLocation,
     .syntax = "",
     .min_args = 0,
     .max_args = 1,  // nginx takes and ignores one
     .help = "Answers with the numbers of connections and requests.",
     .set = set_on,
     .inherit = conf::Inherit::none},
};
constexpr conf::Section kSection = conf::section<Conf>("stub status", kRows);

/// What the numbers are now; all zero where nothing is counted.
struct Numbers {
  explicit Numbers(const Traffic* traffic) {
    if (traffic == nullptr) return;
    accepted = traffic->sum(Traffic::Total::accepted);
    handled = traffic->sum(Traffic::Total::handled);
    requests = traffic->sum(Traffic::Total::requests);
    active = traffic->sum(Traffic::Open::connections);
    reading = traffic->sum(Traffic::Open::reading);
    writing = traffic->sum(Traffic::Open::writing);
    waiting = active > reading + writing ? active - reading - writing : 0;
  }
  uint64_t accepted = 0, handled = 0, requests = 0, active = 0, reading = 0, writing = 0, waiting = 0;
};

Verdict on_request(const exchange::Call& call) {
  Exchange& exchange = call.exchange;
  http::Method method = exchange.request.method;
  if (method != http::Method::get && method != http::Method::head) return exchange.answer(405);
  Numbers n(exchange.worker.traffic());
  std::string text = fmt::format(
      "Active connections: {} \nserver accepts handled requests\n {} {} {} \nReading: {} Writing: {} "
      "Waiting: {} \n",
      n.active, n.accepted, n.handled, n.requests, n.reading, n.writing, n.waiting);
  return exchange.answer(200, "text/plain", exchange.arena.copy(text));
}

template <auto Member>
Value number(Exchange& exchange, std::string_view, const void*) {
  Numbers numbers(exchange.worker.traffic());
  return {exchange.arena.copy(std::to_string(numbers.*Member))};
}

void add_variables(exchange::Builder& builder) {
  builder.variables().define("connections_active", number<&Numbers::active>);
  builder.variables().define("connections_reading", number<&Numbers::reading>);
  builder.variables().define("connections_writing", number<&Numbers::writing>);
  builder.variables().define("connections_waiting", number<&Numbers::waiting>);
}

std::string active(const void* conf, const exchange::Route&) {
  return static_cast<const Conf*>(conf)->on ? "stub_status is set" : "";
}

base::Result<void> on_init(const exchange::Module&, exchange::Builder& builder) {
  return exchange::prepare_traffic(builder);
}

base::Result<void> on_worker(const exchange::Module&, exchange::Worker& worker) {
  base::Result<std::shared_ptr<Traffic>> traffic = exchange::open_traffic(worker);
  if (!traffic) return tl::unexpected(traffic.error());
  worker.count_traffic(std::move(*traffic));
  return {};
}

}  // namespace

const exchange::Module kModule = {.name = "stub_status",
                                  .priority = exchange::priority::stub_status,
                                  .section = &kSection,
                                  .active = active,
                                  .on_init = on_init,
                                  .on_worker = on_worker,
                                  .on_request = on_request,
                                  .add_variables = add_variables};

}  // namespace stub_status
