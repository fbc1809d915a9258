#include "proxy/access_log.h"

#include <unordered_map>

#include <config.h>
#include "base/text.h"
#include "exchange/exchange.h"
#include "exchange/setters.h"
#include "proxy/log_writer.h"

namespace proxy {
namespace {

using exchange::Builder;
using exchange::builder_of;
using exchange::LogFile;
using exchange::Template;

constexpr int kPriority = 1;  // its lines are written when all others are done
constexpr size_t kDefaultBuffer = 65536;
constexpr size_t kKeptLine = 65536;  // a longer line's memory is given back

/// What a process has of its logs.
struct Writers {
  std::unordered_map<const LogFile*, std::unique_ptr<LogWriter>> by_file;
  std::string line;
};

base::Result<void> add_format(void*, const conf::Directive& directive, conf::Site& site) {
  Builder& builder = builder_of(site);
  std::string_view name = directive.arg(0);
  builder.at = directive.args[0].at;
  if (auto earlier = builder.find_shared<LogFormat>("log_format", name); earlier || name == "combined") {
    return base::fail("duplicate \"log_format\" name \"{}\"", name);
  }
  std::vector<conf::Word> words(directive.args.begin() + 1, directive.args.end());
  base::Result<std::shared_ptr<LogFormat>> format = LogFormat::compile(words, builder);
  if (!format) return tl::unexpected(format.error());
  builder.shared<LogFormat>("log_format", name, [&] { return *format; });
  return {};
}

base::Result<void> read_parameter(std::string_view parameter, AccessLog& log, Builder& builder) {
  if (parameter.starts_with("buffer=")) {
    base::Result<uint64_t> size = base::parse_size(parameter.substr(7));
    if (!size) return tl::unexpected(size.error());
    if (*size == 0 || *size > (1u << 30)) return base::fail("invalid buffer size \"{}\"", parameter);
    log.buffer = static_cast<size_t>(*size);
    return {};
  }
  if (parameter.starts_with("flush=")) {
    base::Result<base::Duration> time = base::parse_duration(parameter.substr(6));
    if (!time) return tl::unexpected(time.error());
    if (time->count() == 0) return base::fail("invalid flush time \"{}\"", parameter);
    log.flush = *time;
    return {};
  }
  if (parameter.starts_with("if=")) {
    base::Result<Template> condition = Template::compile(parameter.substr(3), builder);
    if (!condition) return tl::unexpected(condition.error());
    log.condition = std::move(*condition);
    return {};
  }
  if (parameter == "gzip" || parameter.starts_with("gzip=")) return base::fail("\"gzip\" is not built yet");
  return base::fail("invalid parameter \"{}\"", parameter);
}

/// Lines that name one file share its buffer, so they must agree on it.
base::Result<void> agree_on_buffer(const AccessLog& log, Builder& builder) {
  struct Buffer {
    size_t size;
    base::Duration flush;
  };
  auto agreed = builder.shared<Buffer>("access log buffer", log.file->path, [&] {
    return std::make_shared<Buffer>(Buffer{log.buffer, log.flush});
  });
  if (agreed->size == log.buffer && agreed->flush == log.flush) return {};
  return base::fail("access_log \"{}\" already defined with conflicting parameters", log.file->path);
}

base::Result<void> find_format(AccessLog& log, std::string_view name, Builder& builder) {
  if (name == "combined" && builder.realm() == exchange::Realm::http) {
    log.format = LogFormat::combined(builder);
    return {};
  }
  log.format = builder.find_shared<LogFormat>("log_format", name);
  if (log.format == nullptr) return base::fail("unknown log format \"{}\"", name);
  return {};
}

base::Result<void> add_log(void* section, const conf::Directive& directive, conf::Site& site) {
  AccessLogConf& conf = *static_cast<AccessLogConf*>(section);
  Builder& builder = builder_of(site);
  std::string_view path = directive.arg(0);
  if (path == "off") {
    if (directive.args.size() > 1) return base::fail("invalid parameter \"{}\"", directive.arg(1));
    conf.off = true;
    conf.logs.clear();
    return {};
  }
  if (conf.off) return {};
  if (path.starts_with("syslog:")) return base::fail("access_log to \"syslog\" is not built yet");
  if (path.find('$') != std::string_view::npos)
    return base::fail("variables in the path of access_log are not built yet");

  AccessLog log;
  log.file = builder.log_file(path);
  for (size_t i = 2; i < directive.args.size(); ++i) {
    base::Result<void> read = read_parameter(directive.arg(i), log, builder);
    if (!read) return read;
  }
  if (log.flush.count() > 0 && log.buffer == 0) log.buffer = kDefaultBuffer;
  base::Result<void> agreed = agree_on_buffer(log, builder);
  if (!agreed) return agreed;
  bool in_stream = builder.realm() == exchange::Realm::stream;
  if (in_stream && directive.args.size() < 2) return base::fail("log format is not specified");
  base::Result<void> found =
      find_format(log, directive.args.size() > 1 ? directive.arg(1) : "combined", builder);
  if (!found) return found;
  conf.logs.push_back(std::move(log));
  return {};
}

constexpr conf::Row kRows[] = {
    {.name = "log_format",
     .contexts = conf::kHttp | conf::kStream,
     .syntax = "name [escape=default|json|none] string ...",
     .min_args = 2,
     .max_args = conf::Row::kAny,
     .help = "Names a form of access log lines. \"combined\" is always there.",
     .set = add_format,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "access_log",
     .contexts = conf::kHttpServerLocation | conf::kLocationIf | conf::kLimitExcept,
     .syntax = "path [format [buffer=size] [flush=time] [if=condition]] | off",
     .max_args = conf::Row::kAny,
     .default_text = PC_HTTP_LOG_PATH " combined",
     .help = "Where requests are logged, each in a line. With a buffer, lines are written when it is full, "
             "or old.",
     .set = add_log,
     .repeat = true},
    {.name = "access_log",
     .contexts = conf::kStream | conf::kStreamServer,
     .syntax = "path format [buffer=size] [flush=time] [if=condition] | off",
     .max_args = conf::Row::kAny,
     .help = "Where sessions are logged, each in a line when it has ended.",
     .set = add_log,
     .repeat = true},
};

std::string active(const void* conf, const exchange::Route&) {
  const AccessLogConf& own = *static_cast<const AccessLogConf*>(conf);
  return own.logs.empty() ? "" : "access_log is not off";
}

base::Result<void> on_worker(const exchange::Module& module, exchange::Worker& worker) {
  worker.keep(module, std::make_shared<Writers>());
  return {};
}

LogWriter& writer_of(Writers& writers, exchange::Worker& worker, const std::shared_ptr<LogFile>& file) {
  std::unique_ptr<LogWriter>& writer = writers.by_file[file.get()];
  if (!writer) writer = std::make_unique<LogWriter>(worker.loop(), worker.log(), file);
  return *writer;
}

void write_lines(exchange::Subject& subject, const AccessLogConf& conf) {
  Writers& writers = subject.worker.kept<Writers>(kAccessLogModule);
  for (const AccessLog& log : conf.logs) {
    if (log.condition && !exchange::any_set({&*log.condition, 1}, subject)) continue;
    std::string& line = writers.line;
    line.clear();
    log.format->append(subject, line);
    line += '\n';
    LogWriter& writer = writer_of(writers, subject.worker, log.file);
    if (log.buffer == 0)
      writer.write(line);
    else
      writer.keep(line, log.buffer, log.flush);
  }
  if (writers.line.capacity() > kKeptLine) std::string().swap(writers.line);
}

void on_log(const exchange::Call& call) { write_lines(call.exchange, call.conf_as<AccessLogConf>()); }

void on_session_log(exchange::Subject& session, const void* conf) {
  write_lines(session, *static_cast<const AccessLogConf*>(conf));
}

}  // namespace

const conf::Section AccessLogConf::kSection = conf::section<AccessLogConf>("access log", kRows);

const exchange::Module kAccessLogModule = {.name = "access_log",
                                           .priority = kPriority,
                                           .section = &AccessLogConf::kSection,
                                           .active = active,
                                           .on_worker = on_worker,
                                           .on_log = on_log,
                                           .on_session_log = on_session_log};

void flush_access_logs(exchange::Worker& worker) {
  for (auto& [file, writer] : worker.kept<Writers>(kAccessLogModule).by_file) writer->flush();
}

}  // namespace proxy
