#include "modules/proxy_core/proxying.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "exchange/core_conf.h"
#include "exchange/file_path.h"
#include "exchange/request_body.h"
#include "http/dates.h"
#include "http/make_request.h"
#include "http/tokens.h"
#include "modules/proxy_core/answer.h"
#include "modules/proxy_core/forced_ranges.h"
#include "modules/proxy_core/read_ahead.h"
#include "modules/proxy_core/request.h"
#include "modules/proxy_core/stored_file.h"
#include "modules/proxy_core/target.h"
#include "modules/proxy_core/upload_body.h"
#include "upstream/origins.h"

namespace proxy_core {

using base::LogLevel;
using exchange::Exchange;
using http::OriginFault;

namespace {

// RFC 9110 §6.5.1
bool reads_trailers(const http::Request& request) {
  return request.version >= http::Version::http2 ||
         http::list_has(request.fields, http::Name::te, "trailers");
}

uint64_t parse_rate(std::string_view text) {
  base::Result<uint64_t> rate = base::parse_size(text);
  return rate ? *rate : 0;
}

}  // namespace

Proxying::Proxying(Exchange& exchange, const ProxyConf& conf)
    : exchange_(exchange), conf_(conf), fields_(exchange.arena), answer_(exchange.arena) {}

bool Proxying::find_target() {
  const Target& target = *conf_.target;
  if (!target.cluster) return find_variable_target(target);
  cluster_ = exchange_.worker.origins().cluster(target.cluster);
  tls_ = target.tls;
  host_ = target.host;
  port_ = target.port;
  target_ = origin_target(exchange_, target);
  return true;
}

bool Proxying::find_variable_target(const Target& target) {
  std::string_view written = target.url.evaluate(exchange_);
  base::Result<OriginUrl> url = parse_url(written, *conf_.family);
  if (!url) {
    exchange_.log(LogLevel::error, "{}", url.error().message);
    exchange_.answer(500);
    return false;
  }
  upstream::Origins& origins = exchange_.worker.origins();
  std::shared_ptr<upstream::ClusterConf> block = target.clusters->find(url->endpoint.host);
  cluster_ = block && !url->endpoint.port_given ? origins.cluster(block) : origins.plain(url->endpoint);
  tls_ = url->tls;
  host_ = exchange_.arena.copy(url->host_field);
  port_ = exchange_.arena.copy(url->port_text);
  target_ = origin_target(exchange_, exchange_.arena.copy(url->uri));
  return true;
}

void Proxying::prepare_request() {
  build_fields(exchange_, conf_, fields_);
  // Who did not ask for another protocol (or for h2c, RFC 9113 §3.1) must not be given one, whatever
  // proxy_set_header says.
  if (exchange_.request.upgrade.empty()) fields_.remove(http::Name::upgrade);
  describe_request(exchange_, conf_, request_);
  request_.scheme = tls_ ? "https" : "http";
  request_.target = target_;
  request_.authority = fields_.get(http::Name::host);
  request_.fields = &fields_;
  request_.keep_alive = conf_.version != http::Version::http10 && cluster_->conf().keepalive.connections > 0;
  request_.upgrade = fields_.has(http::Name::upgrade) && conf_.version == http::Version::http11;
  if (request_.upgrade && request_.framing == http::Framing::none) {
    tunnel_ = exchange_.arena.make<TunnelSource>(exchange_);
  }
  if (reads_body_first(exchange_, conf_)) {
    request_.framing = http::Framing::length;
    request_.content_length = exchange_.body().size();
  } else if (conf_.body) {
    request_.framing = http::Framing::length;
    request_.content_length = conf_.body->evaluate(exchange_).size();
  }
}

void Proxying::prepare_options() {
  options_.retry = conf_.retry;
  options_.limits.head_size = static_cast<uint32_t>(conf_.buffer_size);
  options_.limits.send_timeout = conf_.send_timeout;
  options_.limits.read_timeout = conf_.read_timeout;
  options_.connect.timeout = conf_.connect_timeout;
  options_.connect.keepalive = conf_.socket_keepalive;
  if (!conf_.bind.empty()) {
    options_.connect.bind = parse_bind(conf_.bind.evaluate(exchange_));
    options_.connect.transparent = conf_.bind_transparent;
  }
  if (tls_) prepare_tls();
  options_.location = exchange_.route;
  options_.repeatable = !sends_client_body(exchange_, conf_) || reads_body_first(exchange_, conf_);
  options_.idempotent = http::is_idempotent(http::find_method(request_.method));
  options_.counts_as_idempotent = upstream::counts_as_idempotent(request_.method);
}

void Proxying::prepare_tls() {
  options_.tls.common = &exchange_.worker.origins().tls();
  options_.tls.context = conf_.tls.context.get();
  options_.tls.fallback = net::tls_name_of(host_);
  if (!conf_.tls.name.empty()) options_.tls.name = net::tls_name_of(conf_.tls.name.evaluate(exchange_));
}

void Proxying::rewind_body() {
  request_.body = tunnel_;
  if (reads_body_first(exchange_, conf_)) {
    body_ = exchange_.body().reader();
    request_.body = body_.get();
  } else if (sends_client_body(exchange_, conf_)) {
    http::Body& body = *exchange_.stream.request_body();
    body_ = std::make_unique<UploadBody>(body, exchange_, conf_.replaced);
    request_.body = body_.get();
  } else if (conf_.body) {
    body_ = std::make_unique<http::TextBody>(conf_.body->evaluate(exchange_));
    request_.body = body_.get();
  }
}

event::Task<void> Proxying::learn_peers() {
  const exchange::ResolverConf& conf = exchange_.route->core->resolver;
  net::Resolver* resolver = exchange_.worker.origins().resolver(conf.options());
  if (resolver == nullptr) co_return;
  if (cluster_->size() > 0) {
    cluster_->learn_later(*resolver, conf.timeout);
    co_return;
  }
  base::Result<void> learnt = co_await cluster_->learn(*resolver, conf.timeout, &exchange_.cancel);
  if (!learnt) exchange_.log(LogLevel::error, "{}", learnt.error().message);
}

event::Task<void> Proxying::run() {
  if (!find_target()) co_return;
  if (reads_body_first(exchange_, conf_)) {
    exchange::RequestBody& body = exchange_.body();
    int status = co_await body.read_whole();
    if (status != 0) {
      exchange_.answer(status);
      co_return;
    }
  }
  if (cluster_->should_learn()) co_await learn_peers();
  prepare_request();
  prepare_options();
  event::CancelScope* scope = conf_.ignore_client_abort ? nullptr : &exchange_.cancel;
  fetch_.emplace(exchange_.worker.loop(), exchange_.host.log(exchange_), cluster_, options_, scope);
  http::InterimHandler* interim = exchange_.route->core->early_hints.empty() ? nullptr : this;
  while (begin_try()) {
    if (!run_request_hooks()) co_return;
    co_await fetch_->ask(request_, interim, answer_);
    end_try();
    if (!run_response_hooks()) co_return;
    if (fetch_->judge(answer_) == upstream::Fetch::Next::done) break;
  }
  finish();
}

bool Proxying::begin_try() {
  const upstream::Peer* peer = fetch_->choose();
  if (peer == nullptr) return false;
  rewind_body();
  answer_.head.fields.clear();
  answer_.why = {};
  exchange::OriginTry entry;
  entry.address = exchange_.arena.copy(peer->name());  // DNS may replace the peer
  entry.started = exchange_.worker.loop().now();
  exchange_.origin.tries.push_back(entry);
  exchange_.origin.head = nullptr;
  return true;
}

void Proxying::end_try() {
  exchange::OriginTry& entry = exchange_.origin.tries.back();
  int64_t elapsed = exchange_.worker.loop().now() - entry.started;
  entry.fault = answer_.fault;
  entry.connect_ms = fetch_->connect_ms();
  entry.response_ms = elapsed;
  entry.bytes_sent = fetch_->bytes_sent();
  entry.bytes_received = fetch_->bytes_received();
  if (answer_.fault == OriginFault::none) {
    entry.status = answer_.head.status;
    entry.header_ms = elapsed;
    exchange_.origin.head = &answer_.head;
  } else {
    entry.status = status_of_fault();
    log_fault();
  }
}

int Proxying::status_of_fault() const {
  if (answer_.fault != OriginFault::canceled || answer_.error == ECANCELED) {
    return upstream::status_of(answer_.fault);
  }
  // The client's body failed on its way in, and the wire may have said why; or the configuration made a
  // request that cannot be said in HTTP/1.
  if (exchange_.request.refused != 0) return exchange_.request.refused;
  return answer_.error == EPIPE ? 400 : 500;
}

bool Proxying::run_request_hooks() {
  exchange_.origin.request = &request_;
  exchange_.origin.rules = &conf_.rules;
  for (const auto& hook : exchange_.route->on_upstream_request) {
    exchange::Verdict verdict = hook.function(exchange::Call{exchange_, *hook.module, hook.conf});
    if (verdict != exchange::Verdict::reply) continue;
    fetch_.reset();
    return false;
  }
  return true;
}

bool Proxying::run_response_hooks() {
  for (const auto& hook : exchange_.route->on_upstream_response) {
    exchange::Verdict verdict = hook.function(exchange::Call{exchange_, *hook.module, hook.conf});
    PC_CHECK(verdict != exchange::Verdict::pending);  // no hook here waits for anything yet
    if (verdict != exchange::Verdict::reply) continue;
    fetch_.reset();
    return false;
  }
  return true;
}

void Proxying::log_fault() {
  std::string_view doing = "reading response header from upstream";
  switch (answer_.fault) {
    case OriginFault::connect:
    case OriginFault::connect_timeout: doing = "connecting to upstream"; break;
    case OriginFault::handshake:
    case OriginFault::handshake_timeout: doing = "SSL handshaking to upstream"; break;
    case OriginFault::send:
    case OriginFault::send_timeout: doing = "sending request to upstream"; break;
    case OriginFault::canceled:
      if (answer_.error == ECANCELED) return;  // the client's doing: the access log says 499
      doing = "sending request to upstream";
      break;
    default: break;
  }
  std::string_view what = answer_.why;
  if (what.empty()) what = answer_.fault == OriginFault::connect ? "connect() failed" : "upstream failed";
  if (upstream::trouble_of(answer_.fault) == upstream::kTimeout) what = "upstream timed out";
  int code = answer_.error;
  std::string reason = code != 0 ? fmt::format(" ({}: {})", code, std::strerror(code)) : "";
  exchange_.log(LogLevel::error, "{}{} while {}", what, reason, doing);
}

// No response: the status says why there is none.
void Proxying::fail() {
  std::vector<exchange::OriginTry>& tries = exchange_.origin.tries;
  if (fetch_->tries() > 0) {
    exchange_.answer(tries.back().status);
    return;
  }
  if (exchange_.cancel.canceled()) {
    exchange_.answer(499);
    return;
  }
  bool is_unknown_host = cluster_->size() == 0 && !cluster_->conf().from_block;
  int status = is_unknown_host ? 502 : 503;
  exchange_.log(LogLevel::error, "no live upstreams while connecting to upstream \"{}\"",
                cluster_->conf().name);
  exchange::OriginTry entry;
  entry.address = exchange_.arena.copy(cluster_->conf().name);
  entry.status = status;
  entry.started = exchange_.worker.loop().now();
  tries.push_back(entry);
  exchange_.answer(status);
}

void Proxying::finish() {
  if (exchange_.origin.head == nullptr || !fetch_->has_lease()) {
    fail();
    let_another_answer();
    return;
  }
  const http::Response& head = answer_.head;
  if (let_another_answer()) return;
  TryRecord* record = exchange_.arena.make<TryRecord>(exchange_, exchange_.origin.tries.size() - 1);
  record->watch(fetch_->lease(), answer_.bytes_received);
  fetch_->take_body(answer_);
  if (apply_redirect(exchange_, conf_, head)) {
    answer_.body.reset();
  } else if (intercepts(exchange_, conf_, head)) {
    answer_.body.reset();
    exchange_.answer(head.status);
    std::string_view challenge = head.fields.get(http::Name::www_authenticate);
    if (!challenge.empty()) exchange_.reply.head.fields.set(http::Name::www_authenticate, challenge);
  } else {
    fill_reply(exchange_, conf_, head);
    hand_over_body(*record);
    if (conf_.force_ranges) force_ranges(exchange_);
  }
}

// A stored response in place of a failure. The connection of a response that is given up is closed.
bool Proxying::let_another_answer() {
  bool (*stand_in)(Exchange&) = exchange_.origin.stand_in;
  return stand_in != nullptr && !exchange_.client_gone && stand_in(exchange_);
}

void Proxying::hand_over_body(TryRecord& record) {
  http::BodyPtr body = std::move(answer_.body);
  bool ahead = apply_controls(exchange_, conf_, answer_.head);
  if (conf_.stores) body = store_file(std::move(body));
  if (!body) return;
  if (answer_.head.status == 101) {
    if (tunnel_ != nullptr) body = std::make_unique<TunnelBody>(std::move(body), *tunnel_);
    exchange_.reply.body = std::move(body);
    return;
  }
  if (answer_.head.framing == http::Framing::streamed) {
    bool passes = conf_.pass_trailers && (conf_.family == &kProxy || reads_trailers(exchange_.request));
    body = std::make_unique<TrailerBody>(std::move(body), passes, record);
  }
  exchange_.reply.body = ahead ? read_ahead(std::move(body)) : std::move(body);
}

// proxy_store: an answer that is not the whole of what a GET means is not stored (nginx stores those to any
// method).
http::BodyPtr Proxying::store_file(http::BodyPtr body) {
  if (answer_.head.status != 200 || exchange_.request.method != http::Method::get) return body;
  std::string_view path = conf_.store_path.empty() ? exchange::file_path(exchange_, exchange_.request.path)
                                                   : conf_.store_path.evaluate(exchange_);
  bool names_file = !path.empty() && !path.ends_with('/') && path.find('\0') == std::string_view::npos;
  if (!names_file) return body;
  StoredFileOptions options;
  if (!path.starts_with('/')) options.path = exchange_.route->core->prefix;
  options.path += path;
  options.mode = conf_.store_mode;
  int64_t now = exchange_.worker.clock().wall_seconds();
  options.modified = http::parse_date(answer_.head.fields.get(http::Name::last_modified), now);
  options.temp_folder = conf_.temp_path;
  options.temp_levels = conf_.temp_levels;
  if (body) return std::make_unique<StoringBody>(exchange_.worker, std::move(body), std::move(options));
  store_empty_file(exchange_.worker, std::move(options));
  return nullptr;
}

// Whether the last byte came together with the head; asking the socket would cost a system call.
bool Proxying::is_whole(http::Body& body) const {
  const exchange::OriginTry& entry = exchange_.origin.tries.back();
  uint64_t behind_head = entry.bytes_received - std::min(entry.bytes_received, answer_.bytes_received);
  if (answer_.head.framing == http::Framing::length) return behind_head >= answer_.head.content_length;
  if (behind_head == 0) return false;
  iovec pieces[16];
  http::Peek seen = body.peek(pieces);
  return seen.state == http::Readiness::ready && seen.last;
}

// A body that is here whole already goes out as it lies.
http::BodyPtr Proxying::read_ahead(http::BodyPtr body) {
  uint64_t rate =
      conf_.limit_rate.is_literal() ? conf_.literal_rate : parse_rate(conf_.limit_rate.evaluate(exchange_));
  if (rate == 0 && is_whole(*body)) return body;
  ReadAheadLimits limits;
  limits.buffer = conf_.buffers.size;
  limits.memory = conf_.buffers.count * conf_.buffers.size;
  limits.busy = conf_.busy_buffers_size;
  limits.file = conf_.max_temp_file_size;
  limits.write = conf_.temp_file_write_size;
  limits.rate = rate;
  limits.folder = conf_.temp_path;
  limits.levels = conf_.temp_levels;
  return std::make_unique<ReadAhead>(exchange_.worker, std::move(body), std::move(limits));
}

void Proxying::on_interim(const http::Response& head) {
  if (head.status != 103 || !exchange::any_set(exchange_.route->core->early_hints, exchange_)) return;
  http::Response hints(exchange_.arena);
  hints.status = head.status;
  for (const http::Field& field : head.fields) hints.fields.add(field);
  http::remove_hop_by_hop(hints.fields);
  exchange_.stream.inform(hints);
}

}  // namespace proxy_core
