#include "stream/service.h"

#include "exchange/traffic.h"
#include "net/socket.h"

namespace stream {

using exchange::Traffic;

Service::Service(exchange::Worker& worker, const Conf& conf, decltype(Surroundings::hand_over) hand_over)
    : worker_(worker),
      conf_(conf),
      origins_(worker.loop(), worker.log(), worker.is_keeper() ? 0 : worker.slot()),
      cancel_(worker.loop().ready()),
      surroundings_{origins_, buffers_, cancel_, std::move(hand_over)} {}

void Service::accept(net::Fd socket, uint32_t listener, const net::Address& listening,
                     const net::Address& peer, uint64_t id) {
  net::Address local = listening.is_wildcard() ? net::local_address(socket.get()) : listening;
  if (Traffic* traffic = worker_.traffic()) {
    traffic->add(Traffic::Total::accepted);
    traffic->add(Traffic::Total::handled);
  }
  count(1);
  auto session = std::make_unique<Session>(worker_, *conf_.variables, conf_.listeners[listener],
                                           std::move(socket), peer, local, id);
  event::spawn(run(std::move(session), event::Gate::Pass(worker_.under_way())));
}

event::Task<void> Service::run(std::unique_ptr<Session> session, event::Gate::Pass pass) {
  co_await run_session(*session, surroundings_);
  session.reset();
  count(-1);
  (void)pass;
}

void Service::count(int by) {
  open_ += static_cast<size_t>(by);
  if (Traffic* traffic = worker_.traffic()) traffic->add(Traffic::Open::connections, by);
}

}  // namespace stream
