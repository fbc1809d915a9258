#include "process/generation.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "config.h"
#include "net/listener.h"
#include "process/cpu_count.h"

namespace process {

namespace {

unsigned worker_count(const proxy::MainConf& main) {
  if (!main.master_process) return 1;
  return main.worker_processes != 0 ? main.worker_processes : cpu_count(usable_cpus(), cpu_quota());
}

base::Result<Account> find_account(const proxy::MainConf& main, ErrorLog& log) {
  if (main.user.empty()) return Account::find(PC_USER, PC_GROUP);
  if (geteuid() != 0) {
    log.write(
        base::LogLevel::warn, 0,
        "the \"user\" directive makes sense only if the master process runs with super-user privileges, "
        "ignored");
  }
  return Account::find(main.user, main.group);
}

base::Result<void> make_folders(const proxy::Config& config, const Account& account) {
  for (const exchange::Builder::Folder& folder : config.folders()) {
    base::Result<void> made = make_folder(folder.path, static_cast<mode_t>(folder.mode), account);
    if (!made) return made;
  }
  return {};
}

/// An address that is in use may be free in a moment: workers of a master that was killed are closing it.
base::Result<Listening> open_sockets(const proxy::Config& config, unsigned workers, const OpenSockets& open,
                                     int tries, ErrorLog& log) {
  for (;;) {
    base::Result<Listening> listening = Listening::open(config, workers, open);
    if (listening || listening.error().code != EADDRINUSE || --tries <= 0) return listening;
    log.write(base::LogLevel::warn, 0, listening.error().message + ", trying again");
    poll(nullptr, 0, static_cast<int>(kBindPause.count()));
  }
}

bool failed(const base::Error& error, ErrorLog& log) {
  log.write(base::LogLevel::emerg, 0, error.message);
  return false;
}

}  // namespace

std::shared_ptr<Generation> prepare(const Start& start, shm::Segments& segments, uint32_t number,
                                    const OpenSockets& open, int bind_tries, ErrorLog& log) {
  Loaded loaded = load(start, &segments);
  report(loaded, log);
  if (!loaded.config) return nullptr;
  const proxy::Config& config = *loaded.config;
  if (config.has_keys()) hide_memory();

  auto refuse = [&log](const base::Error& error) {
    failed(error, log);
    return nullptr;
  };
  base::Result<Account> account = find_account(config.main(), log);
  if (!account) return refuse(account.error());
  base::Result<void> folders = make_folders(config, *account);
  if (!folders) return refuse(folders.error());
  LogFiles logs(config, start.paths.error_log);
  base::Result<void> opened = logs.open(*account);
  if (!opened) return refuse(opened.error());
  unsigned workers = worker_count(config.main());
  base::Result<Listening> listening = open_sockets(config, workers, open, bind_tries, log);
  if (!listening) return refuse(listening.error());

  return std::shared_ptr<Generation>(new Generation{number, loaded.config, workers, *account, std::move(logs),
                                                    std::move(*listening), pid_path(config, start.paths)});
}

bool check(const proxy::Config& config, const Paths& paths, ErrorLog& log) {
  base::Result<Account> account = find_account(config.main(), log);
  if (!account) return failed(account.error(), log);
  base::Result<void> logs = LogFiles(config, paths.error_log).check();
  if (!logs) return failed(logs.error(), log);
  for (const net::ListenOptions& options : config.listeners()) {
    // Binding a Unix socket would leave its file behind.
    if (options.address.is_unix()) continue;
    net::ListenOptions alone = options;
    // Beside the running instance's sockets it would be given connections.
    alone.reuseport = false;
    base::Result<net::Fd> fd = net::open_listener(alone);
    // In use by the running instance, most likely.
    if (!fd && fd.error().code != EADDRINUSE) return failed(fd.error(), log);
  }
  return true;
}

}  // namespace process
