// One exchange being proxied: from the chosen target to the answer in exchange.reply. Lives in the exchange's
// arena, driven by one coroutine; the body it leaves behind owns the connection.
#pragma once

#include <optional>

#include "exchange/exchange.h"
#include "modules/proxy_core/conf.h"
#include "modules/proxy_core/record.h"
#include "modules/proxy_core/tunnel.h"
#include "upstream/fetch.h"

namespace proxy_core {

class Proxying final : private http::InterimHandler {
 public:
  Proxying(exchange::Exchange& exchange, const ProxyConf& conf);

  /// Answers the exchange, whatever happens; then it is to be resumed.
  event::Task<void> run();

  /// $proxy_host and $proxy_port.
  std::string_view host() const { return host_; }
  std::string_view port() const { return port_; }

 private:
  bool find_target();
  bool find_variable_target(const Target& target);
  /// The request as it is the same for every try.
  void prepare_request();
  void prepare_options();
  void prepare_tls();
  /// A body from its start.
  void rewind_body();
  bool begin_try();
  void end_try();
  /// False: a hook answered instead.
  bool run_request_hooks();
  bool run_response_hooks();
  event::Task<void> learn_peers();

  void fail();
  void log_fault();
  int status_of_fault() const;
  void finish();
  bool let_another_answer();
  void hand_over_body(TryRecord& record);
  bool is_whole(http::Body& body) const;
  http::BodyPtr store_file(http::BodyPtr body);
  http::BodyPtr read_ahead(http::BodyPtr body);
  void on_interim(const http::Response& head) override;

  exchange::Exchange& exchange_;
  const ProxyConf& conf_;
  std::shared_ptr<upstream::Cluster> cluster_;
  bool tls_ = false;
  std::string_view host_;
  std::string_view port_;
  std::string_view target_;
  http::Fields fields_;
  http::OriginRequest request_;
  http::OriginAnswer answer_;
  upstream::FetchOptions options_;
  std::optional<upstream::Fetch> fetch_;
  http::BodyPtr body_;
  TunnelSource* tunnel_ = nullptr;
};

}  // namespace proxy_core
