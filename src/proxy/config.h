// One configuration, built once, immutable, shared by all that run on it. The master builds it; workers
// inherit it by fork.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conf/diagnostics.h"
#include "conf/tree.h"
#include "exchange/builder.h"
#include "exchange/module.h"
#include "exchange/route.h"
#include "net/listener.h"
#include "proxy/main_conf.h"
#include "stream/server.h"

namespace shm {
class Segments;
}

namespace proxy {

class Router;

struct BuildOptions {
  std::string prefix;       ///< absolute, ends in "/"
  std::string conf_prefix;  ///< folder of the configuration file, ends in "/"
  bool compat = false;      ///< started under the name nginx
  bool test_only = false;   ///< -t, -T
  shm::Segments* segments = nullptr;
  std::span<const exchange::Module* const> modules;  ///< all that are compiled in or loaded
};

/// Every section a configuration may fill, in the order of the manual.
std::vector<const conf::Section*> all_sections(std::span<const exchange::Module* const> modules);

class Config {
 public:
  /// Checks the tree and resolves everything. Null when diagnostics holds an error; nothing outside is
  /// changed until the master applies it (folders, log files, sockets).
  static std::shared_ptr<const Config> build(conf::Tree tree, const BuildOptions& options,
                                             conf::Diagnostics& diagnostics);
  ~Config();

  const MainConf& main() const { return *main_; }
  const EventsConf& events() const { return *events_; }
  /// Every address to listen on, those of http first; an index here is `http::Connection::listener`.
  const std::vector<net::ListenOptions>& listeners() const { return listeners_; }
  const Router& router() const { return *router_; }
  /// The `stream` block; its listeners are the last ones.
  const stream::Conf& stream() const { return stream_; }
  const exchange::Variables& variables() const { return *variables_; }
  const std::vector<exchange::Builder::Folder>& folders() const { return folders_; }
  /// Log files the configuration names: opened by the master, reopened at USR1 (LogFile::fd changes in
  /// place).
  const std::vector<std::shared_ptr<exchange::LogFile>>& log_files() const { return log_files_; }
  /// http2_recv_buffer_size.
  uint32_t http2_recv_buffer() const { return http2_recv_buffer_; }
  /// Whether it holds private keys.
  bool has_keys() const { return has_keys_; }
  const std::vector<const exchange::Module*>& modules() const { return modules_; }

  /// What its parts share by name, for Worker::use().
  const exchange::Builder& parts() const { return *builder_; }

  /// What -T prints: the effective configuration, then each route's pipeline with reasons.
  std::string print() const;

 private:
  friend class ConfigBuilder;
  Config();

  conf::Tree tree_;
  std::shared_ptr<MainConf> main_;
  std::shared_ptr<EventsConf> events_;
  std::vector<net::ListenOptions> listeners_;
  std::unique_ptr<Router> router_;
  stream::Conf stream_;
  bool has_keys_ = false;
  uint32_t http2_recv_buffer_ = 0;
  std::unique_ptr<exchange::Variables> variables_;
  std::vector<exchange::Builder::Folder> folders_;
  std::vector<std::shared_ptr<exchange::LogFile>> log_files_;
  std::vector<const exchange::Module*> modules_;
  std::shared_ptr<exchange::Builder> builder_;  // keeps what configuration parts share
};

}  // namespace proxy
