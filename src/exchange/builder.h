// A configuration while it is built: what setters, modules and the master put into it. Master only; when all
// is resolved its parts become the immutable configuration.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "conf/row.h"
#include "exchange/variable.h"

namespace shm {
class Segments;
}

namespace exchange {

struct Route;

/// A file that is appended to and reopened by USR1: access and error logs. Shared by path.
struct LogFile {
  std::string path;
  int fd = -1;
};

class Builder : public conf::Site {
 public:
  /// What is being built: http and stream each have their own variables, and their own names of what parts
  /// share (formats of logs, upstream blocks).
  Realm realm() const { return realm_; }
  void enter(Realm realm) { realm_ = realm; }
  Variables& variables() { return *(realm_ == Realm::http ? variables_ : stream_variables_); }

  /// Runs when every section is resolved and every variable known (templates bind their names here). Errors
  /// are reported at `place`.
  void later(conf::Position place, std::function<base::Result<void>()> action) {
    later_.push_back({place, realm_, std::move(action)});
  }

  /// A folder that workers write to: made (with parents) and given to the worker user before workers start.
  void need_folder(std::string path, int mode = 0700) { folders_.push_back({std::move(path), mode}); }

  /// The log file at `path` (made absolute with the prefix; "stderr" as it is), opened once however often it
  /// is named. Opening is done when the configuration is whole.
  std::shared_ptr<LogFile> log_file(std::string_view path);

  /// An object that configuration parts share by name ("upstream backend", "zone one"): found, or made by
  /// `make`. The kind keeps names of different things apart.
  template <class T>
  std::shared_ptr<T> shared(std::string_view kind, std::string_view name,
                            const std::function<std::shared_ptr<T>()>& make) {
    std::shared_ptr<void>& place = shared_[{realm_, std::string(kind), std::string(name)}];
    if (!place) place = make();
    return std::static_pointer_cast<T>(place);
  }
  template <class T>
  std::shared_ptr<T> find_shared(std::string_view kind, std::string_view name) const {
    auto found = shared_.find({realm_, std::string(kind), std::string(name)});
    return found == shared_.end() ? nullptr : std::static_pointer_cast<T>(found->second);
  }

  shm::Segments* segments = nullptr;  ///< shared memory by name, kept over reload; null under -t
  bool test_only = false;             ///< -t: nothing outside is changed
  std::vector<const Route*> routes;   ///< all, for on_init

  struct Folder {
    std::string path;
    int mode;
  };
  struct Later {
    conf::Position at;
    Realm realm;
    std::function<base::Result<void>()> action;
  };
  const std::vector<Folder>& folders() const { return folders_; }
  std::vector<Later> take_later() { return std::move(later_); }
  const std::map<std::string, std::shared_ptr<LogFile>>& log_files() const { return log_files_; }
  std::unique_ptr<Variables> take_variables() { return std::move(variables_); }
  std::unique_ptr<Variables> take_stream_variables() { return std::move(stream_variables_); }

 private:
  Realm realm_ = Realm::http;
  std::unique_ptr<Variables> variables_ = std::make_unique<Variables>();
  std::unique_ptr<Variables> stream_variables_ = std::make_unique<Variables>(Realm::stream);
  std::vector<Folder> folders_;
  std::vector<Later> later_;
  std::map<std::string, std::shared_ptr<LogFile>> log_files_;
  std::map<std::tuple<Realm, std::string, std::string>, std::shared_ptr<void>> shared_;
};

}  // namespace exchange
