#include "process/program.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>

#include "config.h"

namespace process {

Program Program::called(std::string_view argument) {
  size_t slash = argument.rfind('/');
  if (slash != std::string_view::npos) argument.remove_prefix(slash + 1);
  // The version is that of the documentation we follow: tools compare it to know which directives there are.
  if (argument == "nginx") return {"nginx", "nginx/1.30.0", true};
  return {"proxycache", "proxycache/" PC_VERSION, false};
}

std::string version_text(const Program& program) {
  std::string_view build = PC_BUILD;
  return fmt::format("{} version: {}{}\n", program.name, program.version,
                     build.empty() ? "" : fmt::format(" ({})", build));
}

std::string help_text(const Program& program) {
  std::string indent(program.name.size(), ' ');
  return fmt::format(
      "Usage: {} [-?hvVtTq] [-s signal] [-p prefix]\n"
      "       {} [-e filename] [-c filename] [-g directives]\n"
      "\n"
      "Options:\n"
      "  -?,-h         : print this and exit\n"
      "  -v            : print the version and exit\n"
      "  -V            : print the version and how it was configured, and exit\n"
      "  -t            : check the configuration and exit\n"
      "  -T            : check the configuration, print it with each route's modules, and exit\n"
      "  -q            : with -t or -T, print only errors\n"
      "  -s signal     : tell the running master: stop, quit, reopen, reload\n"
      "  -p prefix     : the folder relative paths start from (default: {})\n"
      "  -e filename   : the error log until the configuration is read (default: {})\n"
      "  -c filename   : the configuration file (default: {})\n"
      "  -g directives : directives that stand before the configuration file\n"
      "\n",
      program.name, indent, PC_PREFIX, PC_ERROR_LOG_PATH, PC_CONF_PATH);
}

std::string configure_text() {
  std::string text = "built by " PC_COMPILER "\n";
  text += "built with " OPENSSL_VERSION_TEXT;
  std::string_view running = OpenSSL_version(OPENSSL_VERSION);
  if (running != OPENSSL_VERSION_TEXT) text += fmt::format(" (running with {})", running);
  text += "\nTLS SNI support enabled\nconfigure arguments:";
  std::string_view arguments = PC_CONFIGURE_ARGUMENTS;
  if (!arguments.empty() && !arguments.starts_with(' ')) text += ' ';
  text += arguments;
  text += '\n';
  return text;
}

}  // namespace process
