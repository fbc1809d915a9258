#include "modules/cache/warmer.h"

#include <fstream>
#include <sstream>

#include "base/text.h"
#include "event/sleep.h"
#include "http/arrival.h"
#include "modules/cache/cache.h"
#include "modules/cache/worker_zones.h"
#include "net/connect.h"
#include "net/tcp.h"
#include "proto/h1/client_session.h"

namespace cache_module {

namespace {

constexpr base::Duration kLoadLook{200};
constexpr base::Duration kTimeout{60'000};

/// The parts of "http://host[:port]/target".
struct Target {
  std::string host;  ///< with its port, as Host has it
  std::string target;
  uint16_t port = 80;
};

base::Result<Target> parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return base::fail("only http URLs can be warmed");
  url.remove_prefix(kScheme.size());
  url = url.substr(0, url.find('#'));
  Target target;
  size_t slash = url.find_first_of("/?");
  target.host = url.substr(0, slash);
  target.target = slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
  if (target.target.front() == '?') target.target.insert(0, "/");
  size_t colon = target.host.rfind(':');
  if (colon != std::string::npos && target.host.find(']', colon) == std::string::npos) {
    std::optional<uint64_t> port = base::parse_uint(std::string_view(target.host).substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return base::fail("no port");
    target.port = static_cast<uint16_t>(*port);
  }
  bool sound = !target.host.empty();
  for (char c : target.host + target.target) sound = sound && c > 0x20 && c < 0x7f;
  if (!sound) return base::fail("not a URL");
  return target;
}

/// The session is ours alone: nobody else waits for it.
struct NoHold final : http::Hold {};

/// Whether all of it came.
event::Task<bool> drain(event::Loop& loop, http::Body& body, event::CancelScope& cancel) {
  http::Arrival arrival(loop.ready(), body);
  event::Canceling<bool> canceling(cancel, arrival.answer, false);
  for (;;) {
    iovec pieces[8];
    http::Peek peek = body.peek(pieces);
    if (peek.state == http::Readiness::end) co_return true;
    if (peek.state == http::Readiness::failed) co_return false;
    if (peek.state == http::Readiness::wait) {
      bool came = co_await arrival.answer;
      if (!came) co_return false;
      arrival.answer.reset();
      continue;
    }
    for (int i = 0; i < peek.count; ++i) body.consume(pieces[i].iov_len);
  }
}

}  // namespace

base::Result<net::Address> parse_place(std::string_view text) {
  size_t colon = text.rfind(':');
  std::string_view ip = text.substr(0, colon);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  std::optional<uint64_t> port;
  if (colon != std::string_view::npos) port = base::parse_uint(text.substr(colon + 1));
  std::optional<net::Address> address;
  if (port && *port != 0 && *port <= 65535) address = net::Address::from_ip(ip, static_cast<uint16_t>(*port));
  if (!address) return base::fail("\"{}\" is not address:port", text);
  return *address;
}

base::Result<double> parse_rate(std::string_view text) {
  std::string copy(text);
  char* end = nullptr;
  double rate = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !(rate > 0) || rate > 1e6)
    return base::fail("\"{}\" is no rate, that is a number above 0", text);
  return rate;
}

Warmer::Warmer(exchange::Worker& worker) : worker_(worker), cancel_(worker.loop().ready()) {
  worker.on_end([this](std::function<void()> done) {
    waiting_.clear();
    cancel_.cancel();
    stopped_ = std::move(done);
    end_if_done();
  });
}

void Warmer::end_if_done() {
  if (running_ == 0 && stopped_) std::exchange(stopped_, nullptr)();
}

base::Result<void> Warmer::add(std::vector<std::string> urls, double rate, const net::Address& at) {
  if (urls.size() > kMostUrls - waiting_.size())
    return base::fail("more than {} URLs cannot wait at one time", kMostUrls);
  if (running_ == 0 && waiting_.empty()) progress_ = Progress();
  pause_ = 1000 / rate;
  progress_.total += urls.size();
  for (std::string& url : urls) waiting_.push_back({std::move(url), at});
  while (running_ < std::min(kTogether, waiting_.size())) {
    ++running_;
    event::spawn(run());
  }
  return {};
}

Warmer::Progress Warmer::progress() const {
  Progress progress = progress_;
  progress.running = running_ != 0;
  return progress;
}

event::Task<void> Warmer::run() {
  while (!waiting_.empty() && !cancel_.canceled()) {
    Asked asked = std::move(waiting_.front());
    waiting_.pop_front();
    double now = static_cast<double>(worker_.loop().now());
    double due = std::max(now, next_);
    next_ = due + pause_;
    bool woke = true;
    if (due > now)
      woke = co_await event::sleep_for(worker_.loop(), base::Duration(static_cast<int64_t>(due - now)),
                                       &cancel_);
    if (!woke) break;
    std::string wrong;
    co_await fetch(asked, wrong);
    ++progress_.done;
    if (wrong.empty()) continue;
    ++progress_.failed;
    progress_.last_error = fmt::format("{}: {}", asked.url, wrong);
  }
  --running_;
  end_if_done();
}

event::Task<void> Warmer::fetch(const Asked& asked, std::string& wrong) {
  base::Result<Target> target = parse(asked.url);
  if (!target) {
    wrong = target.error().message;
    co_return;
  }
  net::Address to = asked.at.known() ? asked.at : *net::Address::from_ip("127.0.0.1", target->port);
  net::ConnectOptions options;
  options.timeout = kTimeout;
  base::Result<net::Fd> socket = co_await net::connect_to(worker_.loop(), to, options, &cancel_);
  if (!socket) {
    wrong = socket.error().message;
    co_return;
  }
  h1::ClientSession session(worker_.loop(),
                            std::make_unique<net::TcpTransport>(worker_.loop(), std::move(*socket), to));
  base::Arena arena;
  http::Fields fields(arena);
  fields.add("Host", target->host);
  fields.add("User-Agent", "Proxycache-warm");
  http::OriginRequest request;
  request.method = "GET";
  request.target = target->target;
  request.fields = &fields;
  request.keep_alive = false;
  http::OriginLimits limits;
  limits.head_size = 64 * 1024;
  http::OriginAnswer answer(arena);
  co_await session.fetch(request, limits, nullptr, &cancel_, answer);
  if (answer.fault != http::OriginFault::none) {
    wrong = "no answer";
    co_return;
  }
  if (answer.head.status >= 400) wrong = fmt::format("status {}", answer.head.status);
  http::BodyPtr body = session.take_body(std::make_unique<NoHold>());
  if (!body) co_return;
  bool whole = co_await drain(worker_.loop(), *body, cancel_);
  if (!whole) wrong = "the body broke off";
}

void Warmer::begin(std::shared_ptr<const WarmSet> set) {
  ++running_;
  event::spawn(read(std::move(set)));
}

event::Task<void> Warmer::read(std::shared_ptr<const WarmSet> set) {
  // The process is still being made: the zones are opened after this.
  bool begun = co_await event::sleep_for(worker_.loop(), base::Duration(1), &cancel_);
  // What lies on a disk need not be fetched: it has to be known first.
  bool loading = begun;
  while (loading && !cancel_.canceled()) {
    loading = false;
    for (const std::unique_ptr<OpenZone>& zone : worker_.kept<WorkerZones>(kModule).all()) {
      if (!zone->tiers) continue;
      cache::DiskTotals totals = zone->tiers->store().totals();
      loading = loading || !totals.mounted || totals.loading;
    }
    bool woke = true;
    if (loading) woke = co_await event::sleep_for(worker_.loop(), kLoadLook, &cancel_);
    if (!woke) break;
  }
  for (const WarmFile& file : set->files) {
    if (cancel_.canceled()) break;
    auto list = std::make_shared<std::optional<WarmList>>();
    event::Answer<bool> read(worker_.loop().ready());
    worker_.disk().run(
        [list, path = file.path, base = file.base] {
          std::ifstream in(path);
          if (!in) return;
          std::ostringstream text;
          text << in.rdbuf();
          *list = read_warm_list(text.str(), base);
        },
        [&read] { read.give(true); });
    bool done = co_await read;
    (void)done;
    base::Result<void> added;
    if (*list) added = add(std::move((*list)->urls), file.rate, file.at);
    if (!*list) added = base::fail("the list cannot be read");
    if (!added)
      worker_.log().print(base::LogLevel::error, "proxy_cache_warm {}: {}", file.path, added.error().message);
  }
  --running_;
  end_if_done();
}

}  // namespace cache_module
