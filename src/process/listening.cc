#include "process/listening.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>

#include "net/datagram.h"
#include "net/listener.h"
#include "net/socket.h"

namespace process {

namespace {

/// Takes the next unused socket of that address out of `open`.
std::shared_ptr<ListeningSocket> take(OpenSockets& open, const net::ListenOptions& options) {
  auto found =
      std::find_if(open.begin(), open.end(), [&](const auto& socket) { return socket->is_for(options); });
  if (found == open.end()) return nullptr;
  std::shared_ptr<ListeningSocket> socket = *found;
  open.erase(found);
  return socket;
}

base::Result<std::shared_ptr<ListeningSocket>> open_one(const net::ListenOptions& options) {
  base::Result<net::Fd> fd = options.quic ? net::open_datagram_socket(options) : net::open_listener(options);
  if (!fd) return tl::unexpected(fd.error());
  auto socket = std::make_shared<ListeningSocket>();
  socket->fd = std::move(*fd);
  socket->address = options.address;
  socket->reuseport = options.reuseport;
  socket->quic = options.quic;
  return socket;
}

/// Others can join its port only when the first one allows it.
base::Result<void> allow_reuseport(ListeningSocket& socket) {
  if (socket.reuseport) return {};
  int code = net::set_option(socket.fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (code != 0) {
    return base::fail_errno(code, "setsockopt(SO_REUSEPORT) {} failed", socket.address.text());
  }
  socket.reuseport = true;
  return {};
}

/// How many sockets an address for datagrams has: as many as there are already, otherwise one a worker.
unsigned count_datagram_slots(const proxy::Config& config, unsigned workers, const OpenSockets& open) {
  for (const net::ListenOptions& options : config.listeners()) {
    if (!options.quic) continue;
    auto count =
        std::count_if(open.begin(), open.end(), [&](const auto& socket) { return socket->is_for(options); });
    if (count > 0) return static_cast<unsigned>(count);
  }
  bool any = std::any_of(config.listeners().begin(), config.listeners().end(),
                         [](const net::ListenOptions& options) { return options.quic; });
  return any ? workers : 0;
}

/// "run" of "run/proxycache.sock", where it is not there yet; that it cannot be made is told by bind().
void make_folder_of(const net::Address& address) {
  std::string_view path = address.path();
  size_t slash = path.rfind('/');
  if (slash != std::string_view::npos && slash != 0) mkdir(std::string(path.substr(0, slash)).c_str(), 0755);
}

}  // namespace

// One socket, or with reuseport one a slot, and what `unused` has more.
base::Result<Listening::Row> Listening::open_row(const net::ListenOptions& options, unsigned workers,
                                                 OpenSockets& unused) {
  Row row;
  if (options.reuseport && !options.address.is_unix()) row.slots = workers;
  while (std::shared_ptr<ListeningSocket> socket = take(unused, options)) {
    base::Result<void> ready = row.slots > 1 ? allow_reuseport(*socket) : base::Result<void>();
    if (ready) ready = net::configure_listener(socket->fd.get(), options);
    if (!ready) return tl::unexpected(ready.error());
    row.sockets.push_back(std::move(socket));
  }
  while (row.sockets.size() < row.slots) {
    base::Result<std::shared_ptr<ListeningSocket>> opened = open_one(options);
    if (!opened) return tl::unexpected(opened.error());
    row.sockets.push_back(std::move(*opened));
  }
  return row;
}

// One a slot, in the order in which the kernel numbers them. Their number never changes while they are used:
// the packets of a connection are found by it.
base::Result<Listening::Row> Listening::open_datagram_row(const net::ListenOptions& options, unsigned slots,
                                                          OpenSockets& unused) {
  Row row{{}, slots, true};
  while (std::shared_ptr<ListeningSocket> socket = take(unused, options)) {
    base::Result<void> ready = net::configure_datagram_socket(socket->fd.get(), options);
    if (!ready) return tl::unexpected(ready.error());
    row.sockets.push_back(std::move(socket));
  }
  while (row.sockets.size() < slots) {
    base::Result<std::shared_ptr<ListeningSocket>> opened = open_one(options);
    if (!opened) return tl::unexpected(opened.error());
    row.sockets.push_back(std::move(*opened));
  }
  if (slots > 1 && !net::steer_by_connection_id(row.sockets.front()->fd.get(), slots)) {
    int code = errno;
    return base::fail_errno(code, "setsockopt(SO_ATTACH_REUSEPORT_CBPF) {} failed", options.address.text());
  }
  return row;
}

base::Result<Listening> Listening::open(const proxy::Config& config, unsigned workers,
                                        const OpenSockets& open) {
  Listening listening;
  listening.rows_.resize(config.listeners().size());
  listening.workers_ = workers;
  listening.datagram_slots_ = count_datagram_slots(config, workers, open);
  OpenSockets unused = open;
  // Sockets beside one that works already come last: they are given connections at once, which nobody would
  // take if another address failed after them.
  for (bool joins : {false, true}) {
    for (size_t i = 0; i < listening.rows_.size(); ++i) {
      const net::ListenOptions& options = config.listeners()[i];
      bool known =
          std::any_of(open.begin(), open.end(), [&](const auto& socket) { return socket->is_for(options); });
      if (known != joins) continue;
      base::Result<Row> row = options.quic ? open_datagram_row(options, listening.datagram_slots_, unused)
                                           : open_row(options, workers, unused);
      if (!row) return tl::unexpected(row.error());
      listening.rows_[i] = std::move(*row);
    }
  }
  for (const proxy::ControlConf& control : config.main().control) {
    make_folder_of(control.socket.address);
    base::Result<Row> row = open_row(control.socket, 1, unused);
    if (!row) return tl::unexpected(row.error());
    listening.control_.push_back(row->sockets.front());
  }
  return listening;
}

base::Result<OpenSockets> Listening::inherited(const std::vector<int>& descriptors) {
  OpenSockets open;
  for (int fd : descriptors) {
    int listens = 0;
    socklen_t size = sizeof listens;
    bool quic = net::is_datagram_socket(fd);
    if (!quic && (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)) {
      return base::fail("descriptor {} that the old binary handed on is not a listening socket", fd);
    }
    auto socket = std::make_shared<ListeningSocket>();
    socket->fd.reset(fd);
    socket->address = net::local_address(fd);
    socket->quic = quic;
    int reuseport = 0;
    size = sizeof reuseport;
    getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &reuseport, &size);
    socket->reuseport = reuseport != 0;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    open.push_back(std::move(socket));
  }
  return open;
}

std::vector<int> Listening::fds(size_t index, unsigned slot) const {
  const Row& row = rows_[index];
  std::vector<int> fds;
  if (row.quic) return fds;
  for (size_t i = 0; i < row.sockets.size(); ++i) {
    if (row.slots == 1 || i % row.slots == slot) fds.push_back(row.sockets[i]->fd.get());
  }
  return fds;
}

std::vector<DatagramSocket> Listening::datagram_sockets(size_t index, unsigned slot) const {
  const Row& row = rows_[index];
  std::vector<DatagramSocket> sockets;
  if (!row.quic) return sockets;
  for (unsigned i = slot; i < row.sockets.size(); i += workers_) {
    sockets.push_back({row.sockets[i]->fd.get(), i});
  }
  return sockets;
}

void Listening::spread_evenly() const {
  for (const Row& row : rows_) {
    if (!row.quic && row.sockets.front()->reuseport) {
      net::choose_among_first(row.sockets.front()->fd.get(), row.slots, row.sockets.size());
    }
  }
}

OpenSockets Listening::all() const {
  OpenSockets all;
  for (const Row& row : rows_) all.insert(all.end(), row.sockets.begin(), row.sockets.end());
  all.insert(all.end(), control_.begin(), control_.end());
  return all;
}

std::vector<int> Listening::control() const {
  std::vector<int> sockets;
  for (const std::shared_ptr<ListeningSocket>& socket : control_) sockets.push_back(socket->fd.get());
  return sockets;
}

bool Listening::has(const ListeningSocket& socket) const {
  OpenSockets open = all();
  return std::any_of(open.begin(), open.end(), [&](const auto& own) { return own.get() == &socket; });
}

void Listening::keep_only(unsigned slot) {
  for (Row& row : rows_) {
    for (size_t i = 0; row.quic && i < row.sockets.size(); ++i) {
      if (i % workers_ != slot) row.sockets[i].reset();
    }
    if (row.slots == 1 || row.quic) continue;
    OpenSockets own;
    for (size_t i = slot; i < row.sockets.size(); i += row.slots) own.push_back(row.sockets[i]);
    row = {std::move(own), 1, false};
  }
  control_.clear();
}

}  // namespace process
