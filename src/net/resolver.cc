#include "net/resolver.h"

#include <ares.h>

#include <cerrno>
#include <unordered_map>

#include "base/check.h"
#include "base/text.h"

namespace net {

namespace {

using Found = Resolver::Found;

constexpr int kTryMilliseconds = 2000;  // before the next server, or the same one again, is asked
constexpr int kTries = 3;

tl::unexpected<base::Error> failure(std::string_view name, int code, int number, std::string_view reason) {
  return tl::unexpected(
      base::Error{fmt::format("{} could not be resolved ({}: {})", name, number, reason), code});
}

tl::unexpected<base::Error> timed_out(std::string_view name) {
  return failure(name, ETIMEDOUT, ETIMEDOUT, "Operation timed out");
}

tl::unexpected<base::Error> canceled(std::string_view name) {
  return failure(name, ECANCELED, ECANCELED, "Operation canceled");
}

// The numbers of the first five are DNS's own (RFC 1035 §4.1.1), as in nginx's messages.
tl::unexpected<base::Error> failure_of(std::string_view name, int status) {
  switch (status) {
    case ARES_EFORMERR: return failure(name, EIO, 1, "Format error");
    case ARES_ECONNREFUSED:  // none could be asked, or all of them failed: c-ares makes no difference
    case ARES_ESERVFAIL: return failure(name, EIO, 2, "Server failure");
    case ARES_EBADNAME:
    case ARES_ENODATA:
    case ARES_ENOTFOUND: return failure(name, ENOENT, 3, "Host not found");
    case ARES_ENOTIMP: return failure(name, EIO, 4, "Unimplemented");
    case ARES_EREFUSED: return failure(name, EIO, 5, "Operation refused");
    case ARES_ETIMEOUT: return timed_out(name);
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION: return canceled(name);
    default: return failure(name, EIO, EIO, ares_strerror(status));
  }
}

/// Letters, digits, "-", "_" and "." only, and not longer than a name can be (RFC 1035 §2.3.4).
bool is_askable(std::string_view name) {
  if (name.empty() || name.size() > 254) return false;
  for (char c : name) {
    bool letter = base::to_lower(c) >= 'a' && base::to_lower(c) <= 'z';
    if (!letter && !base::is_digit(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

std::optional<Address> literal_address(std::string_view name, uint16_t port) {
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  return Address::from_ip(name, port);
}

/// One who waits for a name.
class Waiter : public base::ListNode<Waiter> {
 public:
  Waiter(event::Loop& loop, const std::string& name)
      : answer_(loop.ready()), name_(name), limit_(loop, on_limit, this) {}
  void wait(base::Duration timeout) { limit_.start(timeout); }
  event::Answer<Found>& answer() { return answer_; }

 private:
  static void on_limit(void* owner) {
    Waiter* self = static_cast<Waiter*>(owner);
    self->answer_.give(timed_out(self->name_));
  }

  event::Answer<Found> answer_;
  const std::string& name_;
  event::Timer limit_;
};

}  // namespace

class Resolver::State {
 public:
  State(event::Loop& loop, const ResolverOptions& options)
      : loop_(loop), options_(options), timer_(loop, on_timer, this) {}
  ~State();
  base::Result<void> open();
  /// Answers at once, or when it is known.
  void ask(const std::string& name, Waiter& waiter);
  event::Loop& loop() { return loop_; }
  size_t names() const { return entries_.size(); }

 private:
  /// A name that is known, known not to be, or being looked up.
  struct Entry : base::ListNode<Entry> {
    State* state = nullptr;
    std::string name;
    bool pending = true;
    base::MonoTime expires = 0;
    Found found;
    base::List<Waiter, Waiter> waiters;
  };
  /// A socket of c-ares.
  struct Socket {
    Socket(State& the_state) : state(the_state), io(the_state.loop_, on_socket, this) {}
    State& state;
    event::Io io;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable);
  static void on_socket(void* owner, int events);
  static void on_timer(void* owner);
  static void on_answer(void* argument, int status, int timeouts, ares_addrinfo* answer);
  void process(ares_socket_t readable, ares_socket_t writable);
  void schedule();
  void look_up(Entry& entry);
  void keep(Entry& entry, int status, const ares_addrinfo* answer);
  void make_room();
  void forget(Entry& entry);

  event::Loop& loop_;
  ResolverOptions options_;
  event::Timer timer_;
  ares_channel channel_ = nullptr;
  std::unordered_map<ares_socket_t, std::unique_ptr<Socket>> sockets_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  base::List<Entry, Entry> known_;  // without those pending; least lately asked for first
  size_t pending_ = 0;
};

Resolver::State::~State() {
  if (channel_ != nullptr) ares_destroy(channel_);  // answers what is pending
}

base::Result<void> Resolver::State::open() {
  char files_and_dns[] = "fb", dns[] = "b";
  ares_options settings = {};
  int given = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
  settings.sock_state_cb = on_socket_state;
  settings.sock_state_cb_data = this;
  settings.timeout = kTryMilliseconds;
  settings.tries = kTries;
#ifdef ARES_OPT_QUERY_CACHE
  // Newer versions have a cache of their own, which would hide ours from `valid=`.
  given |= ARES_OPT_QUERY_CACHE;
  settings.qcache_max_ttl = 0;
#endif
  settings.lookups = options_.servers.empty() ? files_and_dns : dns;
  if (!options_.servers.empty()) {
    // As nginx: the name is asked for as it stands, of each server in turn.
    given |= ARES_OPT_FLAGS | ARES_OPT_ROTATE;
    settings.flags = ARES_FLAG_NOSEARCH;
  }
  int status = ares_init_options(&channel_, &settings, given);
  if (status != ARES_SUCCESS) return base::fail("the resolver cannot start: {}", ares_strerror(status));
  if (options_.servers.empty()) return {};

  std::string servers;
  for (const Address& server : options_.servers) {
    if (!servers.empty()) servers += ',';
    servers += server.text();
  }
  status = ares_set_servers_ports_csv(channel_, servers.c_str());
  if (status != ARES_SUCCESS)
    return base::fail("bad name servers \"{}\": {}", servers, ares_strerror(status));
  return {};
}

void Resolver::State::ask(const std::string& name, Waiter& waiter) {
  if (!is_askable(name) || (!options_.ipv4 && !options_.ipv6)) {
    waiter.answer().give(failure_of(name, ARES_ENOTFOUND));
    return;
  }
  std::unique_ptr<Entry>& place = entries_[base::lower(name)];
  if (place && !place->pending && place->expires > loop_.now()) {
    known_.push_back(*place);
    waiter.answer().give(place->found);
    return;
  }
  if (place && place->pending) {
    place->waiters.push_back(waiter);
    return;
  }
  if (pending_ >= kMostPending) {
    if (!place) entries_.erase(base::lower(name));
    waiter.answer().give(failure(name, EAGAIN, EAGAIN, "too many names are being resolved"));
    return;
  }
  if (!place) {
    place = std::make_unique<Entry>();
    place->state = this;
    place->name = base::lower(name);
  }
  place->waiters.push_back(waiter);
  look_up(*place);
}

void Resolver::State::look_up(Entry& entry) {
  entry.pending = true;
  entry.unlink();
  ++pending_;
  ares_addrinfo_hints hints = {};
  hints.ai_flags = ARES_AI_NOSORT;  // sorting opens a socket for every address
  hints.ai_family = !options_.ipv6 ? AF_INET : !options_.ipv4 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // May answer within this call, and then the entry may be gone.
  ares_getaddrinfo(channel_, entry.name.c_str(), nullptr, &hints, on_answer, &entry);
  schedule();
}

void Resolver::State::on_answer(void* argument, int status, int, ares_addrinfo* answer) {
  Entry& entry = *static_cast<Entry*>(argument);
  State& state = *entry.state;
  --state.pending_;
  entry.pending = false;
  state.keep(entry, status, answer);
  if (answer != nullptr) ares_freeaddrinfo(answer);
  while (Waiter* waiter = entry.waiters.pop_front()) waiter->answer().give(entry.found);
  state.known_.push_back(entry);
  state.make_room();
}

// Fills the entry and says how long it holds.
void Resolver::State::keep(Entry& entry, int status, const ares_addrinfo* answer) {
  std::vector<Address> addresses;
  int64_t ttl = kLongest.count();
  if (status == ARES_SUCCESS && answer != nullptr) {
    for (const ares_addrinfo_node* node = answer->nodes; node != nullptr; node = node->ai_next) {
      Address address(node->ai_addr, node->ai_addrlen);
      bool wanted = address.family() == AF_INET ? options_.ipv4 : options_.ipv6;
      if (address.known() && wanted) addresses.push_back(address);
      ttl = std::min(ttl, int64_t{node->ai_ttl} * 1000);
    }
    for (const ares_addrinfo_cname* alias = answer->cnames; alias != nullptr; alias = alias->next) {
      ttl = std::min(ttl, int64_t{alias->ttl} * 1000);
    }
    if (addresses.empty()) status = ARES_ENODATA;
  }
  if (status == ARES_SUCCESS) {
    entry.found = std::move(addresses);
    ttl = options_.valid ? options_.valid->count() : std::max(ttl, int64_t{kShortest.count()});
  } else {
    entry.found = failure_of(entry.name, status);
    ttl = entry.found.error().code == ENOENT ? kAbsent.count() : kUnanswered.count();
  }
  entry.expires = loop_.now() + ttl;
}

void Resolver::State::make_room() {
  while (entries_.size() > kMostNames && !known_.empty()) forget(*known_.front());
}

void Resolver::State::forget(Entry& entry) {
  std::string name = entry.name;
  entries_.erase(name);
}

void Resolver::State::on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
  State& state = *static_cast<State*>(self);
  if (!readable && !writable) {
    state.sockets_.erase(fd);
    return;
  }
  std::unique_ptr<Socket>& socket = state.sockets_[fd];
  if (!socket) {
    socket = std::make_unique<Socket>(state);
    socket->io.open(fd);
  }
  socket->io.watch((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
}

void Resolver::State::on_socket(void* owner, int events) {
  Socket& socket = *static_cast<Socket*>(owner);
  ares_socket_t fd = socket.io.fd();
  // c-ares may close the socket, and with it goes `socket`.
  socket.state.process(events & EV_READ ? fd : ARES_SOCKET_BAD, events & EV_WRITE ? fd : ARES_SOCKET_BAD);
}

void Resolver::State::on_timer(void* owner) {
  static_cast<State*>(owner)->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void Resolver::State::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  schedule();
}

void Resolver::State::schedule() {
  timeval left = {};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) {
    timer_.stop();
    return;
  }
  // Rounded up: c-ares does nothing when it is asked too early.
  timer_.start(base::Duration(int64_t{left.tv_sec} * 1000 + left.tv_usec / 1000 + 1));
}

Resolver::Resolver(std::unique_ptr<State> state) : state_(std::move(state)) {}

Resolver::~Resolver() = default;

size_t Resolver::names() const { return state_->names(); }

base::Result<std::unique_ptr<Resolver>> Resolver::open(event::Loop& loop, const ResolverOptions& options) {
  auto state = std::make_unique<State>(loop, options);
  base::Result<void> opened = state->open();
  if (!opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Resolver>(new Resolver(std::move(state)));
}

// The resolver may be gone when the answer comes: nothing of it is touched after the wait.
event::Task<Found> Resolver::resolve(std::string name, uint16_t port, base::Duration timeout,
                                     event::CancelScope* scope) {
  if (std::optional<Address> address = literal_address(name, port)) {
    co_return std::vector<Address>(1, *address);
  }
  Waiter waiter(state_->loop(), name);
  event::Answer<Found>& answer = waiter.answer();
  std::optional<event::Canceling<Found>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, answer, canceled(name));
  state_->ask(name, waiter);
  waiter.wait(timeout);
  Found found = co_await answer;
  if (found) {
    for (Address& address : *found) address = address.with_port(port);
  }
  co_return std::move(found);
}

namespace {

event::Task<void> resolve_into(Resolver& resolver, std::string name, uint16_t port, base::Duration limit,
                               std::optional<Found>& into) {
  Found found = co_await resolver.resolve(name, port, limit, nullptr);
  into.emplace(std::move(found));
}

}  // namespace

Resolver::Found resolve_blocking(const std::string& name, uint16_t port, base::Duration limit) {
  event::Loop loop;
  base::Result<std::unique_ptr<Resolver>> resolver = Resolver::open(loop, {});
  if (!resolver) return tl::unexpected(resolver.error());
  std::optional<Found> found;
  event::spawn(resolve_into(**resolver, name, port, limit, found));
  while (!found) loop.run_once(true);
  return std::move(*found);
}

}  // namespace net
