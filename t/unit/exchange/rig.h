// A worker, a stream and a host that exist only in memory, for tests of what stands above the wire.
#pragma once

#include <criterion/criterion.h>
#include <unistd.h>

#include <deque>
#include <functional>
#include <source_location>
#include <string>
#include <vector>

#include "conf/parser.h"
#include "exchange/builder.h"
#include "exchange/core_conf.h"
#include "exchange/exchange.h"
#include "exchange/server.h"
#include "net/address.h"

namespace rig {

/// Asserts that two texts are the same; both may be temporaries.
inline void same(std::string_view actual, std::string_view expected,
                 std::source_location at = std::source_location::current()) {
  cr_assert(actual == expected, "%s:%u: \"%s\" is not \"%s\"", at.file_name(), at.line(),
            std::string(actual).c_str(), std::string(expected).c_str());
}

/// Keeps its lines.
class Log final : public base::Log {
 public:
  Log() : base::Log(-1, base::LogLevel::debug, nullptr) {}
  void write(base::LogLevel level, uint64_t, std::string_view text) override {
    lines.push_back(fmt::format("[{}] {}", base::log_level_name(level), text));
  }
  bool has(std::string_view part) const {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }
  std::vector<std::string> lines;
};

class Worker final : public exchange::Worker {
 public:
  explicit Worker(base::Log* log) : exchange::Worker(log, 0, 0, 1) {}
};

/// A request body that arrives when the test says so.
class Body final : public http::Body {
 public:
  explicit Body(event::ReadyQueue& queue) : queue_(queue) {}
  void arrive(std::string bytes) {
    add([&] { pieces_.push_back(std::move(bytes)); });
  }
  void finish() {
    add([&] { ended_ = true; });
  }
  void fail() {
    add([&] { failed_ = true; });
  }

  http::Peek peek(std::span<iovec> pieces) override {
    if (failed_) return {http::Readiness::failed, 0, false};
    if (pieces_.empty()) return {ended_ ? http::Readiness::end : http::Readiness::wait, 0, false};
    std::string_view first = std::string_view(pieces_.front()).substr(taken_);
    pieces[0] = {const_cast<char*>(first.data()), first.size()};
    return {http::Readiness::ready, 1, false};
  }
  void consume(size_t bytes) override {
    taken_ += bytes;
    if (!pieces_.empty() && taken_ == pieces_.front().size()) {
      pieces_.pop_front();
      taken_ = 0;
    }
  }
  bool has_reader() const { return reader_ != nullptr; }

 private:
  template <class Change>
  void add(Change change) {
    change();
    if (reader_ != nullptr) queue_.post(*reader_);
  }
  event::ReadyQueue& queue_;
  std::deque<std::string> pieces_;
  size_t taken_ = 0;
  bool ended_ = false;
  bool failed_ = false;
};

class Stream final : public http::Stream {
 public:
  explicit Stream(event::ReadyQueue& queue) : request_(arena_), body(queue) {
    connection_.peer = &peer;
    connection_.local = &local;
    connection_.id = 7;
    connection_.requests = 2;
    request_.method = http::Method::get;
    request_.method_text = "GET";
    request_.scheme = "http";
    request_.authority = request_.host = "example.org";
    request_.target = request_.path = "/";
    request_.request_line = "GET / HTTP/1.1";
  }
  http::Request& request() override { return request_; }
  base::Arena& arena() override { return arena_; }
  const http::Connection& connection() const override { return connection_; }
  http::Body* request_body() override { return request_.framing == http::Framing::none ? nullptr : &body; }
  void inform(const http::Response&) override {}
  void respond(const http::Response&, http::BodyPtr) override {}
  void abort() override {}
  void close_after() override {}
  void release() override {}
  void count(uint64_t sent, uint64_t body_sent, uint64_t request) {
    bytes_sent_ = sent;
    body_bytes_sent_ = body_sent;
    request_length_ = request;
  }

  net::Address peer = *net::Address::from_ip("192.0.2.7", 4711);
  net::Address local = *net::Address::from_ip("198.51.100.1", 80);
  http::Connection connection_;

 private:
  base::Arena arena_;
  http::Request request_;

 public:
  Body body;
};

/// Everything an exchange needs, with a configuration of the given directives. `modules`: whose rows may
/// stand in it.
class Rig : public exchange::Host {
 public:
  explicit Rig(std::string_view http = "", std::vector<const exchange::Module*> modules = {},
               conf::Context context = conf::kHttp)
      : worker(&log_), stream(worker.loop().ready()), context_(context), modules_(std::move(modules)) {
    builder.diagnostics = &diagnostics;
    builder.prefix = folder;
    builder.conf_prefix = folder;
    for (const exchange::Module* module : modules_) {
      if (module->add_variables != nullptr) module->add_variables(builder);
    }
    block_.block = conf::parse_text(http, diagnostics);
    block_.name.text = "http";
    block_.has_block = true;
    exchange::set_prefixes(route, {});
    route.server = &server;
    server.first_name = "first.example";
    server.names = {"first.example"};
    resolve(exchange::CoreConf::kSection);
    for (const exchange::Module* module : modules_) {
      if (module->section != nullptr) resolve(*module->section);
    }
    route.core = static_cast<const exchange::CoreConf*>(route.find(exchange::CoreConf::kSection));
  }
  ~Rig() { exchange_.reset(); }

  /// Runs what waits for the end of the configuration; the first error's text, or "".
  std::string bind() {
    for (const exchange::Builder::Later& later : builder.take_later()) {
      base::Result<void> done = later.action();
      if (!done) return done.error().message;
    }
    return diagnostics.failed() ? diagnostics.all().front().message : "";
  }
  exchange::Exchange& exchange() {
    if (!exchange_) {
      std::string error = bind();
      cr_assert(error.empty(), "%s", error.c_str());
      exchange_ = std::make_unique<exchange::Exchange>(worker, *this, stream);
      exchange_->route = &route;
    }
    return *exchange_;
  }
  std::string evaluate(std::string_view text) {
    base::Result<exchange::Template> compiled = exchange::Template::compile(text, builder.variables());
    cr_assert(compiled.has_value(), "%s", compiled.error().message.c_str());
    return std::string(compiled->evaluate(exchange()));
  }
  exchange::Verdict request(const exchange::Module& module) {
    const void* conf = module.section == nullptr ? nullptr : route.find(*module.section);
    exchange::Verdict verdict = module.on_request(exchange::Call{exchange(), module, conf});
    if (verdict == exchange::Verdict::pending) {
      run_until([&] { return exchange().resumed().given(); });
      verdict = wait(exchange());
      exchange().resumed().reset();
    }
    return verdict;
  }
  void respond(const exchange::Module& module) {
    const void* conf = module.section == nullptr ? nullptr : route.find(*module.section);
    module.on_response(exchange::Call{exchange(), module, conf});
  }
  void run_until(const std::function<bool()>& condition) {
    for (int turn = 0; turn < 20000 && !condition(); ++turn) worker.loop().run_once(true);
    cr_assert(condition());
  }
  std::string header(std::string_view name) { return std::string(exchange().reply.head.fields.get(name)); }
  int status() { return exchange().reply.head.status; }
  /// All of a body, waiting for disks where it must.
  std::string read(http::Body& body) {
    struct Reader final : event::Ready {
      void on_ready() override { woken = true; }
      bool woken = false;
    } reader;
    body.set_reader(&reader);
    std::string text;
    for (;;) {
      iovec pieces[4];
      http::Peek peek = body.peek(pieces);
      if (peek.state == http::Readiness::end) return text;
      if (peek.state == http::Readiness::failed) return text + " (failed)";
      if (peek.state == http::Readiness::wait) {
        reader.woken = false;
        run_until([&] { return reader.woken; });
        continue;
      }
      size_t taken = 0;
      for (int i = 0; i < peek.count; ++i) {
        text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
        taken += pieces[i].iov_len;
      }
      body.consume(taken);
    }
  }

  const exchange::Variables& variables() const override {
    return const_cast<exchange::Builder&>(builder).variables();
  }
  base::Log& log(const exchange::Exchange&) override { return log_; }

  Log log_;
  Worker worker;
  Stream stream;
  std::string folder = "/tmp/";
  conf::Diagnostics diagnostics;
  exchange::Builder builder;
  exchange::Server server;
  exchange::Route route;

 private:
  static exchange::Verdict wait(exchange::Exchange& exchange) {
    exchange::Verdict verdict = exchange::Verdict::pending;
    event::spawn(take(exchange, verdict));
    return verdict;
  }
  static event::Task<void> take(exchange::Exchange& exchange, exchange::Verdict& verdict) {
    event::Answer<exchange::Verdict>& resumed = exchange.resumed();
    verdict = co_await resumed;
  }
  void resolve(const conf::Section& section) {
    const conf::Directive* chain = &block_;
    builder.context = context_;
    route.sections.emplace_back(
        &section, std::shared_ptr<void>(conf::resolve(section, conf::Chain(&chain, 1), context_, builder),
                                        section.destroy));
  }

  conf::Context context_;
  std::vector<const exchange::Module*> modules_;
  conf::Directive block_;
  std::unique_ptr<exchange::Exchange> exchange_;
};

}  // namespace rig
