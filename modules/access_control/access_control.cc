#include "modules/access_control/access_control.h"

#include "base/text.h"
#include "exchange/basic_credentials.h"
#include "exchange/core_conf.h"
#include "exchange/deferred.h"
#include "modules/access_control/conf.h"
#include "modules/access_control/user_file.h"

namespace access_control {
namespace {

using exchange::Exchange;
using exchange::Verdict;

enum class Answer : uint8_t { unasked, yes, no };

Answer ask_rules(const Conf& conf, const exchange::Subject& subject) {
  for (const Rule& rule : conf.rules) {
    if (rule.all || rule.set.contains(*subject.client)) return rule.allow ? Answer::yes : Answer::no;
  }
  return Answer::unasked;
}

Verdict forbid(Exchange& exchange) {
  exchange.log(base::LogLevel::error, "access forbidden by rule");
  return exchange.answer(403);
}

Verdict challenge(Exchange& exchange, std::string_view realm) {
  std::string quoted = "Basic realm=\"";
  for (char c : realm) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  exchange.reply.head.fields.set(http::Name::www_authenticate, exchange.arena.copy(quoted));
  return exchange.answer(401);
}

/// Waits before a refusal (auth_delay), but not for a client that has left.
event::Task<void> wait(Exchange& exchange, base::Duration delay) {
  event::Answer<bool> over(exchange.worker.loop().ready());
  event::Timer timer(
      exchange.worker.loop(), [](void* answer) { static_cast<event::Answer<bool>*>(answer)->give(true); },
      &over);
  event::Canceling<bool> canceling(exchange.cancel, over, false);
  timer.start(delay);
  co_await over;
}

void log_refusal(Exchange& exchange, const UserCheck& check, std::string_view user, std::string_view path) {
  switch (check.outcome) {
    case UserCheck::Outcome::unknown_user:
      exchange.log(base::LogLevel::error, "user \"{}\" was not found in \"{}\"", user, path);
      return;
    case UserCheck::Outcome::wrong:
      exchange.log(base::LogLevel::error, "user \"{}\": password mismatch", user);
      return;
    case UserCheck::Outcome::unreadable:
      exchange.log(check.error == ENOENT ? base::LogLevel::error : base::LogLevel::crit,
                   "open() \"{}\" failed ({}: {})", path, check.error, strerror(check.error));
      return;
    case UserCheck::Outcome::right: return;
  }
}

/// 0: the name and the password are right; otherwise the status to refuse with.
event::Task<int> ask_password(const Conf& conf, Exchange& exchange) {
  std::optional<exchange::BasicCredentials> credentials = exchange::basic_credentials(exchange);
  if (!credentials || credentials->user.empty()) {
    exchange.log(base::LogLevel::info, "no user/password was provided for basic authentication");
    co_return 401;
  }
  struct Job {
    std::string path;
    std::string user;
    std::string password;
    UserCheck check;
  };
  auto job = std::make_shared<Job>();
  job->path = std::string(conf.user_file.evaluate(exchange));
  job->user = std::string(credentials->user);
  job->password = std::string(credentials->password);
  event::Answer<bool> done(exchange.worker.loop().ready());
  exchange.worker.disk().run([job] { job->check = check_user(job->path, job->user, job->password); },
                             [&done] { done.give(true); });
  co_await done;
  if (job->check.outcome == UserCheck::Outcome::right) {
    exchange.user = credentials->user;
    co_return 0;
  }
  log_refusal(exchange, job->check, job->user, job->path);
  if (job->check.outcome != UserCheck::Outcome::unreadable) co_return 401;
  co_return job->check.error == ENOENT ? 403 : 500;
}

event::Task<Verdict> check_password(const Conf& conf, Exchange& exchange, std::string_view realm) {
  int refused = co_await ask_password(conf, exchange);
  if (refused == 0) co_return Verdict::next;
  if (refused != 401) co_return exchange.answer(refused);
  base::Duration delay = exchange.route->core->auth_delay;
  if (delay.count() > 0) co_await wait(exchange, delay);
  co_return challenge(exchange, realm);
}

Verdict on_request(const exchange::Call& call) {
  const Conf& conf = call.conf_as<Conf>();
  Exchange& exchange = call.exchange;
  bool any = exchange.route->core->satisfy_any;
  Answer rules = ask_rules(conf, exchange);
  if (rules == Answer::yes && any) return Verdict::next;
  if (rules == Answer::no && !any) return forbid(exchange);
  std::string_view realm = conf.has_password() ? conf.realm.evaluate(exchange) : "off";
  if (realm == "off") return rules == Answer::no ? forbid(exchange) : Verdict::next;
  return exchange::deferred(exchange, check_password(conf, exchange, realm));
}

std::string active(const void* conf, const exchange::Route&) {
  const Conf& own = *static_cast<const Conf*>(conf);
  if (!own.rules.empty())
    return own.has_password() ? "allow, deny and auth_basic are set" : "allow or deny is set";
  return own.has_password() ? "auth_basic is set" : "";
}

int on_session(exchange::Subject& session, const void* conf) {
  constexpr int kForbidden = 403;
  if (ask_rules(*static_cast<const Conf*>(conf), session) != Answer::no) return 0;
  session.log(base::LogLevel::error, "access forbidden by rule");
  return kForbidden;
}

}  // namespace

const exchange::Module kModule = {.name = "access",
                                  .priority = exchange::priority::access,
                                  .section = &Conf::kSection,
                                  .active = active,
                                  .on_request = on_request,
                                  .on_session = on_session};

}  // namespace access_control
