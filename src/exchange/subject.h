// What variables, maps, logs and rules of access are evaluated for: an exchange of HTTP, or a session of
// layer 4. Each derives from this and adds what only it has; whoever needs no more takes a Subject and serves
// both. Lives in the arena of what it stands for.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/log.h"
#include "exchange/regex.h"
#include "exchange/variable.h"
#include "exchange/worker.h"
#include "http/stream.h"

namespace exchange {

class Subject {
 public:
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  Worker& worker;
  base::Arena& arena;
  const http::Connection& connection;  ///< of the client
  Captures captures;                   ///< of the last regular expression that matched: $1…$9
  const net::Address* client;          ///< $remote_addr: the peer, or what real_ip made of it

  /// $remote_addr: `client` as text, made once.
  std::string_view client_text();
  /// The fields of the request; null where there is none.
  virtual const http::Fields* request_fields() const { return nullptr; }

  /// The value of variable `index`, from its slot if it was set or is cached. One that was never set is
  /// empty, and logged; so is one whose value would need itself.
  Value variable(uint32_t index);
  /// `value` must live as long as the subject.
  void set_variable(uint32_t index, std::string_view value);
  /// Forgets cached values (an internal redirect changed what they are made of).
  void forget_cached_variables();

  /// A line in the error log with "client: …, server: …" and so on behind it, as nginx writes it.
  template <class... Args>
  void log(base::LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    base::Log& log = error_log();
    if (log.enabled(level)) write_log(log, level, fmt::format(format, std::forward<Args>(args)...));
  }

 protected:
  /// `variables`: those of the configuration; outlive the subject, as the others do.
  Subject(Worker& its_worker, const Variables& variables, base::Arena& its_arena,
          const http::Connection& its_connection)
      : worker(its_worker),
        arena(its_arena),
        connection(its_connection),
        client(its_connection.peer),
        variables_(variables) {}
  ~Subject() = default;

  virtual base::Log& error_log() = 0;
  /// Appends what follows the client in a line of the error log.
  virtual void describe(std::string& line) const = 0;
  /// Variables of one kind of subject alone.
  virtual Value evaluate_own(const Variable& variable) = 0;
  virtual void set_own(const Variable& variable, std::string_view value) = 0;

  const Variables& variables() const { return variables_; }
  /// Takes over the variables that were set in `like`, which has the same configuration.
  void take_variables(const Subject& like);

 private:
  struct Slot {
    enum class State : uint8_t { empty, cached, set };
    Value value;
    State state = State::empty;
  };
  Slot& slot(uint32_t index);
  Value evaluate(const Variable& variable);
  void write_log(base::Log& log, base::LogLevel level, std::string text);

  const Variables& variables_;
  Slot* slots_ = nullptr;  // one per variable, made when the first is kept
  const net::Address* client_text_of_ = nullptr;
  std::string_view client_text_;
  int depth_ = 0;  // of variables being evaluated for one another
};

}  // namespace exchange
