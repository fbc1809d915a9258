// The http core's directives as resolved for one route: what the router, the wire policy, static files and
// the request body follow.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "conf/row.h"
#include "exchange/temp_file.h"
#include "exchange/template.h"
#include "http/stream.h"
#include "net/resolver.h"

namespace exchange {

/// `error_page 404 =200 /x;`
struct ErrorPage {
  std::vector<int> codes;
  int answer = 0;   ///< "=200": the status sent; 0: the original; -1: "=": what the page answers
  Template target;  ///< a URI, "@name", or an absolute URL (redirect)
};

/// `expires`: what Expires and Cache-Control of a response say.
struct Expires {
  enum class Kind : uint8_t { off, time, modified, daily, epoch, max, variable } kind = Kind::off;
  int64_t seconds = 0;  ///< time: from now; modified: from Last-Modified; daily: since midnight, local time
  Template variable;    ///< evaluates to one of the other forms

  /// "24h", "-1", "@15h30m", "epoch", "max", "off"; `modified`: the word stands in front, and only a time may
  /// follow.
  static base::Result<Expires> parse(std::string_view text, bool modified);
};

struct AddedHeader {
  std::string name;
  Template value;
  bool always = false;
};

/// `types { }` without its leading dots; lower case extension → media type.
using Types = std::unordered_map<std::string, std::string>;

struct ResolverConf {
  std::vector<std::string> servers;  ///< "address[:port]"; empty: the system's
  std::optional<base::Duration> valid;
  bool ipv4 = true;
  bool ipv6 = true;
  base::Duration timeout{30000};  ///< resolver_timeout

  net::ResolverOptions options() const;
};

struct CoreConf {
  // Files.
  std::string prefix;            ///< relative files start here; ends in "/"
  std::optional<Template> root;  ///< default "html" under the prefix
  std::optional<Template> alias;
  std::vector<Template> index;      ///< default index.html
  std::vector<Template> try_files;  ///< empty: none; the last is a URI, "@name" or "=code"
  std::shared_ptr<const Types> types;
  std::string default_type;  ///< default text/plain
  /// What `types` and `default_type` say of the extension of `path`.
  std::string_view media_type(std::string_view path) const;
  bool etag = true;
  enum class IfModifiedSince : uint8_t { off, exact, before } if_modified_since = IfModifiedSince::exact;
  uint64_t max_ranges = UINT64_MAX;
  struct OpenFileCache {
    uint32_t max = 0;  ///< 0: off
    base::Duration inactive{60000};
  } open_file_cache;
  base::Duration open_file_cache_valid{60000};
  uint32_t open_file_cache_min_uses = 1;
  bool open_file_cache_errors = false;
  bool log_not_found = true;

  // Answers.
  std::vector<ErrorPage> error_pages;
  std::vector<AddedHeader> headers;
  std::vector<AddedHeader> trailers;
  Expires expires;
  enum class ServerTokens : uint8_t { on, off, build, text } server_tokens = ServerTokens::on;
  Template server_tokens_text;
  bool internal = false;
  bool recursive_error_pages = false;
  bool absolute_redirect = true;
  bool port_in_redirect = true;
  bool server_name_in_redirect = false;
  std::vector<Template> early_hints;  ///< 103 of an origin passes when any_set()
  Template limit_rate;                ///< empty: no limit
  Template limit_rate_after;

  // Request body.
  uint64_t client_max_body_size = 1 << 20;
  uint64_t client_body_buffer_size = 16384;
  std::string client_body_temp_path;  ///< absolute
  TempLevels client_body_temp_levels{};
  enum class InFile : uint8_t { off, on, clean } client_body_in_file_only = InFile::off;

  // Access.
  bool satisfy_any = false;
  base::Duration auth_delay{0};

  // Wire.
  http::HeadLimits head;      ///< server level
  http::StreamPolicy policy;  ///< limit_rate is evaluated per exchange from the template above
  enum KeepaliveDisabled : uint8_t { kNoBrowser = 0, kMsie6 = 1, kSafari = 2 };
  uint8_t keepalive_disable = kMsie6;

  ResolverConf resolver;

  static const conf::Section kSection;
};

}  // namespace exchange
