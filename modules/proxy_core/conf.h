// The proxy_* or grpc_* directives of one route. Filled by rows, immutable afterwards.
#pragma once

#include <bitset>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/row.h"
#include "exchange/origin.h"
#include "exchange/regex.h"
#include "exchange/temp_file.h"
#include "exchange/template.h"
#include "http/fields.h"
#include "http/message.h"
#include "modules/proxy_core/family.h"
#include "modules/proxy_core/origin_tls.h"
#include "upstream/cluster_conf.h"
#include "upstream/retry.h"

namespace proxy_core {

/// `proxy_pass`.
struct Target {
  conf::Position at;
  const Family* family = &kProxy;
  std::shared_ptr<const upstream::ClusterConf> cluster;  ///< null: `url` has variables
  exchange::Template url;
  std::shared_ptr<const upstream::ClusterSet> clusters;  ///< where a name in `url` may be found
  std::string written;                                   ///< the argument
  bool tls = false;                                      ///< https
  std::string host;                                      ///< $proxy_host
  std::string port;                                      ///< $proxy_port
  std::string uri;  ///< what stands behind the host: takes the place of the location's prefix
};

/// A name that proxy_set_header and the defaults give a value, in the order they are sent.
struct SetHeader {
  std::string name;
  http::Name id = http::Name::other;
  exchange::Template value;
};

/// Fields by name: one bit test for the names http knows, else a comparison.
class NameSet {
 public:
  void add(std::string_view name);
  void remove(std::string_view name);
  bool has(const http::Field& field) const;

 private:
  std::bitset<static_cast<size_t>(http::Name::count_)> known_;
  std::vector<std::string> others_;
};

/// `proxy_redirect`, `proxy_cookie_domain`, `proxy_cookie_path`: what is looked for, and what takes its
/// place.
struct Rewrite {
  exchange::Template pattern;
  std::shared_ptr<const exchange::Regex> regex;  ///< instead of a pattern
  exchange::Template replacement;
};

/// `proxy_cookie_flags cookie flag …`
struct CookieFlags {
  enum Flag : uint8_t { kSecure = 1, kHttpOnly = 2, kSameSite = 4 };
  exchange::Template cookie;
  std::shared_ptr<const exchange::Regex> regex;
  uint8_t set = 0;
  uint8_t clear = 0;
  std::string_view same_site;  ///< "Strict", "Lax", "None"
  bool applies_to(std::string_view name, exchange::Exchange& exchange) const;
};

struct Buffers {
  uint32_t count = 8;
  uint64_t size = 4096;
};

struct ProxyConf {
  const Family* family = &kProxy;
  std::shared_ptr<const Target> target;  ///< null: this route does not proxy

  // The request.
  std::vector<SetHeader> headers;  ///< proxy_set_header, then the defaults it leaves
  NameSet replaced;                ///< what the client's fields do not give
  http::Version version = http::Version::http11;
  exchange::Template method;
  std::optional<exchange::Template> body;
  bool pass_headers = true;
  bool pass_body = true;
  bool request_buffering = true;
  exchange::Template bind;  ///< empty: none
  bool bind_transparent = false;
  bool socket_keepalive = false;
  base::Duration connect_timeout{60000};
  base::Duration send_timeout{60000};
  base::Duration read_timeout{60000};
  upstream::RetryRules retry;
  bool ignore_client_abort = false;
  OriginTls tls;

  // The response.
  bool buffering = true;
  uint64_t buffer_size = 4096;
  Buffers buffers;
  uint64_t busy_buffers_size = 0;     ///< 0: twice a buffer
  uint64_t temp_file_write_size = 0;  ///< 0: twice a buffer
  uint64_t max_temp_file_size = 1 << 30;
  std::string temp_path;
  exchange::TempLevels temp_levels{};
  exchange::Template limit_rate;
  uint64_t literal_rate = 0;  ///< of a limit_rate without variables
  std::vector<std::string> hide;
  std::vector<std::string> pass;
  NameSet hidden;  ///< of the two above and the defaults
  exchange::OriginRules rules;
  bool redirect_default = false;
  std::vector<Rewrite> redirects;
  std::vector<Rewrite> cookie_domains;
  std::vector<Rewrite> cookie_paths;
  std::vector<CookieFlags> cookie_flags;
  bool stores = false;            ///< proxy_store
  exchange::Template store_path;  ///< empty: where root or alias say
  uint32_t store_mode = 0600;
  conf::Position store_at;
  bool pass_trailers = false;
  bool force_ranges = false;
  bool intercept_errors = false;

  static const conf::Section kSection;      ///< proxy_*
  static const conf::Section kGrpcSection;  ///< grpc_*, into the same
};

}  // namespace proxy_core
