#include "process/worker.h"

#include <malloc.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace process {

namespace {

/// How often a full worker looks whether it has room again.
constexpr base::Duration kRoomCheck{20};
/// How often the log says that connections run out.
constexpr base::Duration kTellAgain{1000};
/// Connections taken from the queue of a socket that closes: more than any backlog holds.
constexpr int kMostLeft = 65536;
/// Freed memory that the allocator keeps at its end, and takes from the system at once. What all connections
/// need within a turn goes and comes with each turn: given back at the C library's 128 KiB, it would be asked
/// for again, and its pages filled with zeros again, hundreds of times a second.
constexpr int kKeptMemory = 4 << 20;
constexpr int kMemoryAtOnce = 256 << 10;
/// From this size on an allocation has pages of its own. The C library moves this limit by itself, but not
/// once the others are set.
constexpr int kOwnPages = 1 << 20;

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_TRIM_THRESHOLD, kKeptMemory);
  mallopt(M_TOP_PAD, kMemoryAtOnce);
  mallopt(M_MMAP_THRESHOLD, kOwnPages);
#endif
}

}  // namespace

WorkerProcess::WorkerProcess(Place& place)
    : Child(place, "worker"), room_check_(loop(), on_room_check, this) {}

WorkerProcess::Door::Door(WorkerProcess& worker, uint32_t listener_index, int fd)
    : owner(worker),
      index(listener_index),
      listener(worker.loop(), fd, worker.config().events().multi_accept, *this, worker.log()) {}

base::Result<void> WorkerProcess::begin() {
  keep_freed_memory();
  uint64_t files = open_files_limit();
  if (config().events().worker_connections > files) {
    log().print(base::LogLevel::warn, "{} worker_connections exceed open file resource limit: {}",
                config().events().worker_connections, files);
  }
  Listening& listening = generation_of().listening;
  for (size_t i = 0; i < listening.count(); ++i) {
    for (int fd : listening.fds(i, slot())) {
      doors_.push_back(std::make_unique<Door>(*this, static_cast<uint32_t>(i), fd));
    }
  }
  base::Result<void> quic = begin_quic();
  if (!quic) return quic;
  for (const std::unique_ptr<Door>& door : doors_) door->listener.start();
  return {};
}

base::Result<void> WorkerProcess::begin_quic() {
  Listening& listening = generation_of().listening;
  base::Result<void> opened = service().open_quic(
      {generation_of().number, slot(), generation_of().workers, listening.datagram_slots()});
  if (!opened) return opened;
  for (size_t i = 0; i < listening.count(); ++i) {
    for (const DatagramSocket& socket : listening.datagram_sockets(i, slot())) {
      service().add_datagram_socket(static_cast<uint32_t>(i), socket.fd, socket.number);
    }
  }
  service().start_quic();
  return {};
}

void WorkerProcess::Door::on_accept(net::Listener&, net::Fd socket, const net::Address& peer) {
  owner.service().accept(std::move(socket), index, peer);
  if (owner.is_full() && !owner.make_room()) owner.close_doors();
}

void WorkerProcess::Door::on_accept_shortage(net::Listener&, int) {}

bool WorkerProcess::is_full() { return service().connections() >= config().events().worker_connections; }

bool WorkerProcess::make_room() {
  if (told_ == 0 || loop().now() - told_ >= kTellAgain.count()) {
    told_ = loop().now();
    log().print(base::LogLevel::warn, "{} worker_connections are not enough, reusing connections",
                config().events().worker_connections);
  }
  return service().make_room();
}

// Others take what comes while this one has no room; nobody is turned away.
void WorkerProcess::close_doors() {
  if (closed_ || draining()) return;
  closed_ = true;
  for (const std::unique_ptr<Door>& door : doors_) door->listener.stop();
  room_check_.start(kRoomCheck);
}

void WorkerProcess::open_doors() {
  closed_ = false;
  for (const std::unique_ptr<Door>& door : doors_) door->listener.start();
}

void WorkerProcess::on_room_check(void* owner) {
  WorkerProcess* self = static_cast<WorkerProcess*>(owner);
  if (self->draining()) return;
  if (self->is_full() && !self->make_room()) return self->room_check_.start(kRoomCheck);
  self->open_doors();
}

void WorkerProcess::stop_accepting(const std::vector<uint16_t>& last_listeners) {
  room_check_.stop();
  for (const std::unique_ptr<Door>& door : doors_) {
    bool last = std::find(last_listeners.begin(), last_listeners.end(), door->index) != last_listeners.end();
    if (last) empty(*door);
  }
  doors_.clear();
  service().stop_quic();
  generation_of().listening.close();
}

// The kernel resets what still waits in the queue when the last process closes the socket.
void WorkerProcess::empty(const Door& door) {
  for (int left = kMostLeft; left != 0; --left) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    net::Fd socket(
        accept4(door.listener.fd(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!socket) return;
    service().accept(std::move(socket), door.index, net::Address(reinterpret_cast<sockaddr*>(&from), size));
  }
}

}  // namespace process
