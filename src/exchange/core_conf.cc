#include "exchange/core_conf.h"

#include <config.h>
#include "base/text.h"
#include "exchange/core_setters.h"
#include "exchange/setters.h"

namespace exchange {
namespace {

using conf::kHttpServerLocation;
using conf::kLocation;
using conf::Row;

constexpr uint32_t kHttpServer = conf::kHttp | conf::kServer;
constexpr uint32_t kAlsoIf = kHttpServerLocation | conf::kLocationIf;

/// A setter for a member of a member.
template <auto Outer, conf::Setter inner>
base::Result<void> in(void* section, const conf::Directive& directive, conf::Site& site) {
  return inner(&conf::detail::member<Outer>(section), directive, site);
}
template <auto Member>
constexpr conf::Setter kPolicyTime = in<&CoreConf::policy, conf::set_time<Member>>;
template <auto Member>
constexpr conf::Setter kPolicyFlag = in<&CoreConf::policy, conf::set_flag<Member>>;
template <auto Member>
constexpr conf::Setter kPolicySize = in<&CoreConf::policy, conf::set_size<Member>>;
template <auto Member>
constexpr conf::Setter kHeadFlag = in<&CoreConf::head, conf::set_flag<Member>>;

using IfModifiedSince = CoreConf::IfModifiedSince;
constexpr std::pair<std::string_view, IfModifiedSince> kIfModifiedSince[] = {
    {"off", IfModifiedSince::off}, {"exact", IfModifiedSince::exact}, {"before", IfModifiedSince::before}};
using InFile = CoreConf::InFile;
constexpr std::pair<std::string_view, InFile> kInFile[] = {
    {"off", InFile::off}, {"on", InFile::on}, {"clean", InFile::clean}};
using Lingering = http::StreamPolicy::Lingering;
constexpr std::pair<std::string_view, Lingering> kLingering[] = {
    {"off", Lingering::off}, {"on", Lingering::on}, {"always", Lingering::always}};

// Files.
constexpr Row kFileRows[] = {
    {.name = "root",
     .contexts = kAlsoIf,
     .syntax = "path",
     .default_text = "html",
     .help = "The folder that the request's path is looked up in. Variables may stand in it.",
     .set = core::set_root,
     .group = "root"},
    {.name = "alias",
     .contexts = kLocation,
     .syntax = "path",
     .help = "What replaces the location's own part of the path when a file is looked up.",
     .set = core::set_alias,
     .group = "root"},
    {.name = "index",
     .contexts = kHttpServerLocation,
     .syntax = "file ...",
     .max_args = Row::kAny,
     .default_text = "index.html",
     .help = "The files tried, in order, for a request whose path ends in a slash.",
     .set = add_templates<&CoreConf::index>,
     .repeat = true},
    {.name = "try_files",
     .contexts = conf::kServer | kLocation,
     .syntax = "file ... uri | file ... =code",
     .min_args = 2,
     .max_args = Row::kAny,
     .help = "Checks files in order and answers with the first that is there; else the request goes to the "
             "last URI.",
     .set = core::set_try_files,
     .inherit = conf::Inherit::none},
    {.name = "types",
     .contexts = kHttpServerLocation,
     .syntax = "{ type extension ...; ... }",
     .min_args = 0,
     .max_args = 0,
     .help = "Which media type a file name's extension means.",
     .set = core::add_types,
     .repeat = true,
     .block = conf::Block::free},
    {.name = "default_type",
     .contexts = kHttpServerLocation,
     .syntax = "type",
     .default_text = "text/plain",
     .help = "The media type of files whose extension no types block knows.",
     .set = conf::set_string<&CoreConf::default_type>},
    {.name = "etag",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Sends ETag with files.",
     .set = conf::set_flag<&CoreConf::etag>},
    {.name = "if_modified_since",
     .contexts = kHttpServerLocation,
     .syntax = "off | exact | before",
     .default_text = "exact",
     .help = "How a file's time is compared with If-Modified-Since.",
     .set = conf::set_enum<&CoreConf::if_modified_since, kIfModifiedSince>},
    {.name = "max_ranges",
     .contexts = kHttpServerLocation,
     .syntax = "number",
     .help = "The most ranges answered in one response; with more the whole is sent. 0: none.",
     .set = conf::set_number<&CoreConf::max_ranges>},
    {.name = "open_file_cache",
     .contexts = kHttpServerLocation,
     .syntax = "off | max=number [inactive=time]",
     .max_args = 2,
     .default_text = "off",
     .help = "Keeps descriptors, sizes and times of files, per worker.",
     .set = core::set_open_file_cache},
    {.name = "open_file_cache_valid",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "60s",
     .help = "After this time a kept file is looked at again.",
     .set = conf::set_time<&CoreConf::open_file_cache_valid>},
    {.name = "open_file_cache_min_uses",
     .contexts = kHttpServerLocation,
     .syntax = "number",
     .default_text = "1",
     .help = "Uses within the inactive time that keep a descriptor open.",
     .set = conf::set_number<&CoreConf::open_file_cache_min_uses>},
    {.name = "open_file_cache_errors",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Remembers too which files are not there.",
     .set = conf::set_flag<&CoreConf::open_file_cache_errors>},
    {.name = "log_not_found",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Logs files that are not there in the error log.",
     .set = conf::set_flag<&CoreConf::log_not_found>},
};

// Answers.
constexpr Row kAnswerRows[] = {
    {.name = "error_page",
     .contexts = kAlsoIf,
     .syntax = "code ... [=[response]] uri",
     .min_args = 2,
     .max_args = Row::kAny,
     .help = "The URI whose answer stands for these errors.",
     .set = core::add_error_page,
     .repeat = true},
    {.name = "internal",
     .contexts = kLocation,
     .syntax = "",
     .min_args = 0,
     .max_args = 0,
     .help = "Only internal redirects reach this location; others are answered 404.",
     .set = core::set_internal},
    {.name = "server_tokens",
     .contexts = kHttpServerLocation,
     .syntax = "on | off | build | string",
     .default_text = "on",
     .help = "What Server and error pages tell of this program.",
     .set = core::set_server_tokens},
    {.name = "add_header",
     .contexts = kAlsoIf,
     .syntax = "name value [always]",
     .min_args = 2,
     .max_args = 3,
     .help = "Adds a field to responses with status 200, 201, 204, 206, 301, 302, 303, 304, 307 or 308, or "
             "to all.",
     .set = core::add_header,
     .repeat = true},
    {.name = "add_trailer",
     .contexts = kAlsoIf,
     .syntax = "name value [always]",
     .min_args = 2,
     .max_args = 3,
     .help = "Adds a field behind the body of such responses.",
     .set = core::add_trailer,
     .repeat = true},
    {.name = "expires",
     .contexts = kAlsoIf,
     .syntax = "[modified] time | epoch | max | off",
     .max_args = 2,
     .default_text = "off",
     .help = "Sets Expires and Cache-Control of such responses.",
     .set = core::set_expires},
    {.name = "recursive_error_pages",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "off",
     .help = "An error while an error page is made has its own error page.",
     .set = conf::set_flag<&CoreConf::recursive_error_pages>},
    {.name = "absolute_redirect",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Location of our own redirects names scheme and host.",
     .set = conf::set_flag<&CoreConf::absolute_redirect>},
    {.name = "port_in_redirect",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Such a Location names the port.",
     .set = conf::set_flag<&CoreConf::port_in_redirect>},
    {.name = "server_name_in_redirect",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Such a Location names the first server name instead of Host.",
     .set = conf::set_flag<&CoreConf::server_name_in_redirect>},
    {.name = "early_hints",
     .contexts = kHttpServerLocation,
     .syntax = "string ...",
     .max_args = Row::kAny,
     .help = "Passes 103 responses when at least one string is neither empty nor 0.",
     .set = add_templates<&CoreConf::early_hints>},
    {.name = "limit_rate",
     .contexts = kAlsoIf,
     .syntax = "rate",
     .default_text = "0",
     .help = "Bytes a second sent to the client; 0: as fast as it takes them.",
     .set = core::set_limit_rate},
    {.name = "limit_rate_after",
     .contexts = kAlsoIf,
     .syntax = "size",
     .default_text = "0",
     .help = "How much is sent before limit_rate holds.",
     .set = core::set_limit_rate_after},
    {.name = "satisfy",
     .contexts = kHttpServerLocation,
     .syntax = "all | any",
     .default_text = "all",
     .help = "Whether all access checks must let a request pass, or one.",
     .set = core::set_satisfy},
    {.name = "auth_delay",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "0s",
     .help = "How long an answer 401 waits.",
     .set = conf::set_time<&CoreConf::auth_delay>},
};

// Reading requests.
constexpr Row kRequestRows[] = {
    {.name = "client_header_timeout",
     .contexts = kHttpServer,
     .syntax = "time",
     .default_text = "60s",
     .help = "How long a request's head may take in all.",
     .set = in<&CoreConf::head, conf::set_time<&http::HeadLimits::header_timeout>>},
    {.name = "client_header_buffer_size",
     .contexts = kHttpServer,
     .syntax = "size",
     .default_text = "1k",
     .help = "The buffer for most heads.",
     .set = in<&CoreConf::head, conf::set_size<&http::HeadLimits::header_buffer_size>>},
    {.name = "large_client_header_buffers",
     .contexts = kHttpServer,
     .syntax = "number size",
     .min_args = 2,
     .max_args = 2,
     .default_text = "4 8k",
     .help = "How many larger buffers a head may take; one line fits in one.",
     .set = core::set_large_buffers},
    {.name = "max_headers",
     .contexts = kHttpServer,
     .syntax = "number",
     .default_text = "1000",
     .help = "The most fields of a request; more is answered 431.",
     .set = in<&CoreConf::head, conf::set_number<&http::HeadLimits::max_headers>>},
    {.name = "ignore_invalid_headers",
     .contexts = kHttpServer,
     .syntax = "on | off",
     .default_text = "on",
     .help =
         "Drops fields whose names are not of letters, digits and hyphens; off: keeps those that RFC 9110 "
         "allows and refuses requests with others.",
     .set = kHeadFlag<&http::HeadLimits::ignore_invalid_headers>},
    {.name = "underscores_in_headers",
     .contexts = kHttpServer,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Names of fields may hold underscores.",
     .set = kHeadFlag<&http::HeadLimits::underscores_in_headers>},
    {.name = "merge_slashes",
     .contexts = kHttpServer,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Several slashes in a path count as one.",
     .set = kHeadFlag<&http::HeadLimits::merge_slashes>},
    {.name = "client_max_body_size",
     .contexts = kHttpServerLocation,
     .syntax = "size",
     .default_text = "1m",
     .help = "The largest request body; a larger one is answered 413. 0: any.",
     .set = conf::set_size<&CoreConf::client_max_body_size>},
    {.name = "client_body_buffer_size",
     .contexts = kHttpServerLocation,
     .syntax = "size",
     .default_text = "16k",
     .help = "How much of a request body is kept in memory.",
     .set = conf::set_size<&CoreConf::client_body_buffer_size>},
    {.name = "client_body_timeout",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "60s",
     .help = "How long the client may be silent within a body.",
     .set = kPolicyTime<&http::StreamPolicy::body_timeout>},
    {.name = "client_body_min_rate",
     .contexts = kHttpServerLocation,
     .syntax = "size",
     .default_text = "0",
     .help = "Bytes a second below which a request body is given up; 0: never.",
     .set = kPolicySize<&http::StreamPolicy::body_min_rate>},
    {.name = "client_body_temp_path",
     .contexts = kHttpServerLocation,
     .syntax = "path [level1 [level2 [level3]]]",
     .max_args = 4,
     .default_text = PC_CLIENT_BODY_TEMP_PATH,
     .help = "The folder for bodies that memory does not hold.",
     .set = core::set_temp_path},
    {.name = "client_body_in_file_only",
     .contexts = kHttpServerLocation,
     .syntax = "on | clean | off",
     .default_text = "off",
     .help = "Keeps every request body in a file, which stays (on) or goes with the request (clean).",
     .set = conf::set_enum<&CoreConf::client_body_in_file_only, kInFile>},
};

// The connection.
constexpr Row kConnectionRows[] = {
    {.name = "send_timeout",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "60s",
     .help = "How long the client may take nothing of a response.",
     .set = kPolicyTime<&http::StreamPolicy::send_timeout>},
    {.name = "keepalive_timeout",
     .contexts = kHttpServerLocation,
     .syntax = "timeout [header_timeout]",
     .max_args = 2,
     .default_text = "75s",
     .help = "How long an idle connection stays open, and what Keep-Alive tells of it.",
     .set = core::set_keepalive_timeout},
    {.name = "keepalive_requests",
     .contexts = kHttpServerLocation,
     .syntax = "number",
     .default_text = "1000",
     .help = "The most requests on one connection.",
     .set = in<&CoreConf::policy, conf::set_number<&http::StreamPolicy::keepalive_requests>>},
    {.name = "keepalive_time",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "1h",
     .help = "The longest life of a connection that takes further requests.",
     .set = kPolicyTime<&http::StreamPolicy::keepalive_time>},
    {.name = "keepalive_disable",
     .contexts = kHttpServerLocation,
     .syntax = "none | browser ...",
     .max_args = Row::kAny,
     .default_text = "msie6",
     .help = "Old browsers whose connections are not kept.",
     .set = core::set_keepalive_disable},
    {.name = "reset_timedout_connection",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Ends connections that timed out with a reset.",
     .set = kPolicyFlag<&http::StreamPolicy::reset_timedout>},
    {.name = "lingering_close",
     .contexts = kHttpServerLocation,
     .syntax = "off | on | always",
     .default_text = "on",
     .help =
         "Reads what the client still sends before a connection is closed, so that it can read the answer.",
     .set = in<&CoreConf::policy, conf::set_enum<&http::StreamPolicy::lingering, kLingering>>},
    {.name = "lingering_time",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "30s",
     .help = "How long that goes on.",
     .set = kPolicyTime<&http::StreamPolicy::lingering_time>},
    {.name = "lingering_timeout",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "5s",
     .help = "How long the client may be silent meanwhile.",
     .set = kPolicyTime<&http::StreamPolicy::lingering_timeout>},
    {.name = "chunked_transfer_encoding",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Sends bodies of unknown length chunked over HTTP/1.1, else until the connection ends.",
     .set = kPolicyFlag<&http::StreamPolicy::chunked_transfer_encoding>},
    {.name = "tcp_nodelay",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Sends small pieces at once (TCP_NODELAY).",
     .set = kPolicyFlag<&http::StreamPolicy::tcp_nodelay>},
    {.name = "tcp_nopush",
     .contexts = kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Sends the head together with the first bytes of a file (TCP_CORK).",
     .set = kPolicyFlag<&http::StreamPolicy::tcp_nopush>},
    {.name = "postpone_output",
     .contexts = kHttpServerLocation,
     .syntax = "size",
     .default_text = "1460",
     .help = "How much of a response is collected before it is sent, where more follows.",
     .set = kPolicySize<&http::StreamPolicy::postpone_output>},
    {.name = "resolver",
     .contexts = kHttpServerLocation,
     .syntax = "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]",
     .max_args = Row::kAny,
     .help = "The name servers asked while running.",
     .set = core::set_resolver},
    {.name = "resolver_timeout",
     .contexts = kHttpServerLocation,
     .syntax = "time",
     .default_text = "30s",
     .help = "How long a name server's answer is waited for.",
     .set = in<&CoreConf::resolver, conf::set_time<&ResolverConf::timeout>>},
};

template <size_t... Sizes>
constexpr auto joined(const Row (&... tables)[Sizes]) {
  std::array<Row, (Sizes + ...)> rows{};
  size_t at = 0;
  auto append = [&](const auto& table) {
    for (const Row& row : table) rows[at++] = row;
  };
  (append(tables), ...);
  return rows;
}
constexpr auto kRows = joined(kFileRows, kAnswerRows, kRequestRows, kConnectionRows);

base::Result<void> finish(void* section, conf::Site& site) {
  CoreConf& core = *static_cast<CoreConf*>(section);
  core.prefix = site.prefix;
  core.policy.max_body_size = core.client_max_body_size;
  if (!core.types) core.types = core::default_types();
  return {};
}

}  // namespace

std::string_view CoreConf::media_type(std::string_view path) const {
  constexpr size_t kLongestExtension = 64;
  size_t slash = path.rfind('/');
  size_t dot = path.rfind('.');
  bool has_extension = dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash);
  if (!has_extension || path.size() - dot - 1 > kLongestExtension) return default_type;
  auto found = types->find(base::lower(path.substr(dot + 1)));
  return found == types->end() ? std::string_view(default_type) : std::string_view(found->second);
}

const conf::Section CoreConf::kSection = conf::section<CoreConf>("http core", kRows, finish);

net::ResolverOptions ResolverConf::options() const {
  net::ResolverOptions options;
  options.valid = valid;
  options.ipv4 = ipv4;
  options.ipv6 = ipv6;
  for (const std::string& server : servers) {
    base::Result<net::Endpoint> endpoint = net::parse_origin(server, 53);
    if (endpoint && endpoint->address.known()) options.servers.push_back(endpoint->address);
  }
  return options;
}

}  // namespace exchange
