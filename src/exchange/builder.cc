#include "exchange/builder.h"

namespace exchange {

std::shared_ptr<LogFile> Builder::log_file(std::string_view path) {
  std::string absolute = path == "stderr" ? std::string(path) : full_path(path);
  std::shared_ptr<LogFile>& file = log_files_[absolute];
  if (!file) file = std::make_shared<LogFile>(LogFile{absolute, -1});
  return file;
}

}  // namespace exchange
