#include "proxy/main_conf.h"

#include "base/text.h"
#include "conf/setters.h"
#include "event/loop.h"

namespace proxy {

namespace {

/// A shorter key of the control API could be guessed.
constexpr size_t kLeastKey = 16;

base::Result<void> set_nothing(void*, const conf::Directive&, conf::Site&) { return {}; }

base::Result<void> set_user(void* section, const conf::Directive& directive, conf::Site&) {
  MainConf& main = *static_cast<MainConf*>(section);
  main.user = std::string(directive.arg(0));
  main.group = std::string(directive.args.size() > 1 ? directive.arg(1) : directive.arg(0));
  return {};
}

base::Result<void> set_worker_processes(void* section, const conf::Directive& directive, conf::Site& site) {
  MainConf& main = *static_cast<MainConf*>(section);
  if (directive.arg(0) == "auto") {
    main.worker_processes = 0;
    return {};
  }
  base::Result<void> set = conf::set_number<&MainConf::worker_processes>(section, directive, site);
  if (set && (main.worker_processes == 0 || main.worker_processes > 1024)) {
    return base::fail("worker_processes must be auto or a number from 1 to 1024");
  }
  return set;
}

base::Result<void> add_error_log(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<ErrorLogConf> log = parse_error_log(directive, site);
  if (!log) return tl::unexpected(log.error());
  static_cast<MainConf*>(section)->error_logs.push_back(std::move(*log));
  return {};
}

base::Result<void> add_env(void* section, const conf::Directive& directive, conf::Site&) {
  static_cast<MainConf*>(section)->env.emplace_back(directive.arg(0));
  return {};
}

/// The folder of a Unix socket is made by the master, which also opens it.
base::Result<net::Address> control_address(std::string_view text, const conf::Site& site) {
  if (text.starts_with("unix:")) return net::Address::from_path(site.full_path(text.substr(5)));
  base::Result<net::Endpoint> endpoint = net::parse_listen(text, 0);
  if (!endpoint) return tl::unexpected(endpoint.error());
  if (!endpoint->address.known() || !endpoint->port_given || endpoint->last_port != endpoint->port)
    return base::fail("\"{}\" is not unix:path or address:port", text);
  return endpoint->address;
}

bool is_loopback(const net::Address& address) {
  static const net::Cidr kLoopback[] = {*net::Cidr::parse("127.0.0.0/8"), *net::Cidr::parse("::1")};
  return kLoopback[0].contains(address) || kLoopback[1].contains(address);
}

base::Result<void> add_control(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<net::Address> address = control_address(directive.arg(0), site);
  if (!address) return tl::unexpected(address.error());
  ControlConf control;
  control.socket.address = *address;
  control.socket.unix_mode = 0600;
  for (size_t i = 1; i < directive.args.size(); ++i) {
    std::string_view word = directive.arg(i);
    if (!word.starts_with("key=")) return base::fail("invalid parameter \"{}\"", word);
    if (word.size() < 4 + kLeastKey) return base::fail("a key has at least {} characters", kLeastKey);
    control.keys.emplace_back(word.substr(4));
  }
  if (control.keys.empty() && !address->is_unix() && !is_loopback(*address))
    return base::fail("the control API listens beyond this machine only with a key");
  MainConf& main = *static_cast<MainConf*>(section);
  for (const ControlConf& other : main.control) {
    if (other.socket.address == *address)
      return base::fail("duplicate control address \"{}\"", directive.arg(0));
  }
  main.control.push_back(std::move(control));
  return {};
}

base::Result<void> check_main(void* section, conf::Site&) {
  const MainConf& main = *static_cast<MainConf*>(section);
  if (!main.master_process && !main.control.empty())
    return base::fail("\"control\" is served by the keeper: there is none with \"master_process off\"");
  return {};
}

base::Result<void> set_compat(void* section, const conf::Directive& directive, conf::Site&) {
  if (directive.arg(0) != "nginx") return base::fail("compat knows only nginx");
  static_cast<MainConf*>(section)->compat_nginx = true;
  return {};
}

const conf::Row kMainRows[] = {
    {.name = "user",
     .contexts = conf::kMain,
     .syntax = "user [group]",
     .min_args = 1,
     .max_args = 2,
     .help = "Who the workers and the keeper run as, when the master is root.",
     .set = set_user},
    {.name = "worker_processes",
     .contexts = conf::kMain,
     .syntax = "number | auto",
     .default_text = "auto",
     .nginx_default = "1",
     .help = "How many workers carry traffic. auto: as many as CPUs that may be used, at most the cgroup's "
             "quota.",
     .set = set_worker_processes},
    {.name = "worker_rlimit_nofile",
     .contexts = conf::kMain,
     .syntax = "number",
     .help = "How many descriptors a worker may have open.",
     .set = conf::set_number<&MainConf::worker_rlimit_nofile>},
    {.name = "worker_shutdown_timeout",
     .contexts = conf::kMain,
     .syntax = "time",
     .help = "How long a draining worker may take before its connections are closed. Unset: as long as they "
             "need.",
     .set = conf::set_time<&MainConf::worker_shutdown_timeout>},
    {.name = "pid",
     .contexts = conf::kMain,
     .syntax = "file",
     .help = "The file with the master's process id.",
     .set = conf::set_path<&MainConf::pid>},
    {.name = "error_log",
     .contexts = conf::kMain,
     .syntax = "file | stderr [level]",
     .min_args = 1,
     .max_args = 2,
     .help = "Where errors are written, and from which level on: debug, info, notice, warn, error, crit, "
             "alert, emerg.",
     .set = add_error_log,
     .repeat = true},
    {.name = "daemon",
     .contexts = conf::kMain,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether the master leaves the terminal.",
     .set = conf::set_flag<&MainConf::daemon>},
    {.name = "master_process",
     .contexts = conf::kMain,
     .syntax = "on | off",
     .default_text = "on",
     .help = "off: one process does everything; for development.",
     .set = conf::set_flag<&MainConf::master_process>},
    {.name = "control",
     .contexts = conf::kMain,
     .syntax = "unix:path | address:port [key=text ...]",
     .max_args = conf::Row::kAny,
     .help =
         "Where the control API is served, by HTTP/1.1 in the keeper. A Unix socket is for its owner alone "
         "(mode 0600). With keys a request bears one of them as X-API-Key; beyond loopback one is needed.",
     .set = add_control,
     .repeat = true},
    {.name = "env",
     .contexts = conf::kMain,
     .syntax = "variable[=value]",
     .help = "An environment variable that is kept, or set, for workers.",
     .set = add_env,
     .repeat = true},
    {.name = "compat",
     .contexts = conf::kMain,
     .syntax = "nginx",
     .help = "Sets every default in which Proxycache differs back to nginx's.",
     .set = set_compat},
    {.name = "events",
     .contexts = conf::kMain,
     .syntax = "{ ... }",
     .min_args = 0,
     .max_args = 0,
     .help = "How connections are processed.",
     .set = set_nothing,
     .block = conf::Block::scope,
     .opens = conf::kEvents},
    {.name = "http",
     .contexts = conf::kMain,
     .syntax = "{ ... }",
     .min_args = 0,
     .max_args = 0,
     .help = "HTTP servers.",
     .set = set_nothing,
     .block = conf::Block::scope,
     .opens = conf::kHttp},
};

base::Result<void> set_use(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<unsigned> backend = event::find_backend(directive.arg(0));
  if (!backend) return tl::unexpected(backend.error());
  static_cast<EventsConf*>(section)->backend = *backend;
  return {};
}

const conf::Row kEventsRows[] = {
    {.name = "worker_connections",
     .contexts = conf::kEvents,
     .syntax = "number",
     .default_text = "8192",
     .nginx_default = "512",
     .help = "How many client connections a worker has at most.",
     .set = conf::set_number<&EventsConf::worker_connections>},
    {.name = "multi_accept",
     .contexts = conf::kEvents,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Whether a worker takes all waiting connections at once.",
     .set = conf::set_flag<&EventsConf::multi_accept>},
    {.name = "use",
     .contexts = conf::kEvents,
     .syntax = "epoll | poll | select | kqueue",
     .help = "How the kernel is asked for events; the best is found without it.",
     .set = set_use},
};

}  // namespace

base::Result<ErrorLogConf> parse_error_log(const conf::Directive& directive, const conf::Site& site) {
  ErrorLogConf log;
  std::string_view path = directive.arg(0);
  if (path.starts_with("syslog:") || path.starts_with("memory:")) {
    return base::fail("error_log to \"{}\" is not built yet", path.substr(0, path.find(':')));
  }
  log.path = path == "stderr" ? "stderr" : site.full_path(path);
  if (directive.args.size() > 1) {
    base::Result<base::LogLevel> level = base::parse_log_level(directive.arg(1));
    if (!level) return tl::unexpected(level.error());
    log.level = *level;
  }
  return log;
}

const conf::Section MainConf::kSection = conf::section<MainConf>("core", kMainRows, check_main);
const conf::Section EventsConf::kSection = conf::section<EventsConf>("events", kEventsRows);

}  // namespace proxy
