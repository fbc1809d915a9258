#include "process/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace process {

namespace {

constexpr int kHeard[] = {SIGHUP,  SIGINT,   SIGQUIT, SIGTERM, SIGUSR1,
                          SIGUSR2, SIGWINCH, SIGCHLD, SIGALRM, SIGIO};

sigset_t heard() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : kHeard) sigaddset(&set, number);
  return set;
}

}  // namespace

std::string_view signal_name(int number) {
  switch (number) {
    case SIGHUP: return "SIGHUP";
    case SIGINT: return "SIGINT";
    case SIGQUIT: return "SIGQUIT";
    case SIGTERM: return "SIGTERM";
    case SIGUSR1: return "SIGUSR1";
    case SIGUSR2: return "SIGUSR2";
    case SIGWINCH: return "SIGWINCH";
    case SIGCHLD: return "SIGCHLD";
    case SIGALRM: return "SIGALRM";
    case SIGIO: return "SIGIO";
  }
  return "?";
}

int signal_for(std::string_view command) {
  if (command == "stop") return SIGTERM;
  if (command == "quit") return SIGQUIT;
  if (command == "reopen") return SIGUSR1;
  if (command == "reload") return SIGHUP;
  return 0;
}

void block_signals() {
  sigset_t set = heard();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  // An ignored SIGCHLD, which exec hands on, would take the children's exit codes away.
  for (int number : kHeard) sigaction(number, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

void unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

base::Result<SignalSource> SignalSource::open() {
  SignalSource source;
  sigset_t set = heard();
  source.fd_.reset(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!source.fd_) return base::fail_errno(errno, "signalfd() failed");
  return source;
}

std::vector<Arrived> SignalSource::take() {
  std::vector<Arrived> arrived;
  std::array<signalfd_siginfo, 16> read_now;
  for (;;) {
    ssize_t got = ::read(fd_.get(), read_now.data(), sizeof read_now);
    if (got <= 0) {
      if (got < 0 && errno == EINTR) continue;
      return arrived;
    }
    for (size_t i = 0; i < static_cast<size_t>(got) / sizeof(signalfd_siginfo); ++i) {
      arrived.push_back({static_cast<int>(read_now[i].ssi_signo), static_cast<pid_t>(read_now[i].ssi_pid)});
    }
  }
}

}  // namespace process
