#include "proxy/rewrite.h"

#include "base/text.h"
#include "exchange/core_conf.h"
#include "exchange/escape.h"

namespace proxy {

using exchange::Exchange;
using exchange::Template;
using exchange::Verdict;

struct Instruction {
  enum class Kind : uint8_t { set, if_, return_, rewrite, break_ };
  enum class Flag : uint8_t { none, last, break_, redirect, permanent };

  Kind kind = Kind::set;
  Flag flag = Flag::none;
  int status = 0;                                // return; 0: a URL alone
  uint32_t variable = 0;                         // set
  bool has_text = false;                         // return with a second argument
  bool drops_args = false;                       // rewrite: the replacement ends in "?"
  Template text;                                 // set, return, rewrite: the path
  Template args;                                 // rewrite: behind "?"
  std::shared_ptr<const exchange::Regex> regex;  // rewrite
  Condition condition;                           // if
  const exchange::Route* route = nullptr;        // if
  std::vector<Instruction> nested;               // if
};

namespace {

using Kind = Instruction::Kind;
using Flag = Instruction::Flag;
using IfRoute = std::function<const exchange::Route*(const conf::Directive&)>;

base::Result<Instruction> compile_set(const conf::Directive& directive, exchange::Builder& builder) {
  std::string_view name = directive.arg(0);
  if (!name.starts_with('$') || name.size() < 2) return base::fail("invalid variable name \"{}\"", name);
  Instruction instruction;
  instruction.variable = builder.variables().slot(name.substr(1));
  base::Result<Template> value = Template::compile(directive.args[1], builder);
  if (!value) return tl::unexpected(value.error());
  instruction.text = std::move(*value);
  return instruction;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

base::Result<Instruction> compile_return(const conf::Directive& directive, exchange::Builder& builder) {
  Instruction instruction;
  instruction.kind = Kind::return_;
  std::optional<uint64_t> status = base::parse_uint(directive.arg(0));
  if (status && *status > 999) return base::fail("invalid return code \"{}\"", directive.arg(0));
  size_t text = 1;
  if (!status) {
    std::string_view url = directive.arg(0);
    bool absolute = url.starts_with("http://") || url.starts_with("https://") || url.starts_with("$scheme");
    if (!absolute || directive.args.size() > 1) return base::fail("invalid return code \"{}\"", url);
    status = 302;
    text = 0;
  }
  instruction.status = static_cast<int>(*status);
  if (directive.args.size() > text) {
    base::Result<Template> compiled = Template::compile(directive.args[text], builder);
    if (!compiled) return tl::unexpected(compiled.error());
    instruction.text = std::move(*compiled);
    instruction.has_text = true;
  }
  return instruction;
}

base::Result<Flag> parse_flag(std::string_view text) {
  if (text.empty()) return Flag::none;
  if (text == "last") return Flag::last;
  if (text == "break") return Flag::break_;
  if (text == "redirect") return Flag::redirect;
  if (text == "permanent") return Flag::permanent;
  return base::fail("invalid parameter \"{}\"; it is last, break, redirect or permanent", text);
}

base::Result<Instruction> compile_rewrite(const conf::Directive& directive, exchange::Builder& builder) {
  Instruction instruction;
  instruction.kind = Kind::rewrite;
  auto regex = exchange::Regex::compile(std::string(directive.arg(0)), false, &builder.variables());
  if (!regex) return tl::unexpected(regex.error());
  instruction.regex = std::move(*regex);
  base::Result<Flag> flag = parse_flag(directive.arg(2));
  if (!flag) return tl::unexpected(flag.error());
  instruction.flag = *flag;

  std::string_view target = directive.arg(1);
  bool absolute =
      target.starts_with("http://") || target.starts_with("https://") || target.starts_with("$scheme");
  if (absolute && instruction.flag != Flag::permanent) instruction.flag = Flag::redirect;
  size_t question = target.find('?');
  instruction.drops_args = target.ends_with('?');
  builder.at = directive.args[1].at;
  base::Result<Template> path = Template::compile(target.substr(0, question), builder);
  if (!path) return tl::unexpected(path.error());
  instruction.text = std::move(*path);
  if (question != std::string_view::npos) {
    std::string_view behind = target.substr(question + 1);
    if (instruction.drops_args && !behind.empty()) behind.remove_suffix(1);
    base::Result<Template> args = Template::compile(behind, builder);
    if (!args) return tl::unexpected(args.error());
    instruction.args = std::move(*args);
  }
  return instruction;
}

std::vector<Instruction> compile_block(const conf::Directive& block, exchange::Builder& builder,
                                       const IfRoute& if_route);

base::Result<Instruction> compile_if(const conf::Directive& directive, exchange::Builder& builder,
                                     const IfRoute& if_route) {
  Instruction instruction;
  instruction.kind = Kind::if_;
  base::Result<Condition> condition = Condition::parse(directive, builder);
  if (!condition) return tl::unexpected(condition.error());
  instruction.condition = std::move(*condition);
  instruction.route = if_route(directive);
  instruction.nested = compile_block(directive, builder, if_route);
  return instruction;
}

std::vector<Instruction> compile_block(const conf::Directive& block, exchange::Builder& builder,
                                       const IfRoute& if_route) {
  std::vector<Instruction> instructions;
  for (const conf::Directive& directive : block.block) {
    const std::string& name = directive.name.text;
    const conf::Position at = directive.args.empty() ? directive.name.at : directive.args[0].at;
    builder.at = at;
    base::Result<Instruction> made = base::fail("");
    if (name == "set")
      made = compile_set(directive, builder);
    else if (name == "return")
      made = compile_return(directive, builder);
    else if (name == "rewrite")
      made = compile_rewrite(directive, builder);
    else if (name == "if")
      made = compile_if(directive, builder, if_route);
    else if (name == "break")
      made = Instruction{.kind = Kind::break_};
    else
      continue;
    if (!made) {
      builder.diagnostics->error(at, "{}", made.error().message);
      continue;
    }
    instructions.push_back(std::move(*made));
  }
  return instructions;
}

RewriteEnd run_return(const Instruction& instruction, Exchange& exchange) {
  exchange.reply.head.status = instruction.status;  // for $status in the text
  std::string_view text = instruction.has_text ? instruction.text.evaluate(exchange) : std::string_view();
  if (instruction.has_text && is_redirect(instruction.status)) {
    exchange.answer(instruction.status);
    exchange.reply.head.fields.set(http::Name::location, text);
    return RewriteEnd::reply;
  }
  if (!instruction.has_text) {
    exchange.answer(instruction.status);
    return RewriteEnd::reply;
  }
  // nginx sends a body with any status but those that cannot have one; its type is that of the URI's
  // extension.
  exchange.answer(instruction.status, exchange.route->core->media_type(exchange.request.path), text);
  return RewriteEnd::reply;
}

// Behind "?" captured text is escaped, since it comes from the decoded path.
std::string_view evaluate_args(const Instruction& instruction, Exchange& exchange) {
  if (instruction.args.is_literal()) return instruction.args.literal();
  exchange::Captures plain = exchange.captures;
  for (int i = 0; i < plain.count; ++i) {
    exchange.captures.group[i] = exchange::escape_argument(plain.group[i], exchange.arena);
  }
  std::string_view text = instruction.args.evaluate(exchange);
  exchange.captures = plain;
  return text;
}

std::string_view join_args(const Instruction& instruction, Exchange& exchange) {
  std::string_view own = evaluate_args(instruction, exchange);
  std::string_view old = instruction.drops_args ? std::string_view() : exchange.request.query;
  if (own.empty()) return old;
  if (old.empty()) return exchange.arena.copy(own);
  return exchange.arena.join(own, "&", old);
}

RewriteEnd run_rewrite(const Instruction& instruction, Exchange& exchange) {
  if (!instruction.regex->match(exchange.request.path, exchange)) return RewriteEnd::go_on;
  std::string_view args = join_args(instruction, exchange);
  std::string_view path = exchange.arena.copy(instruction.text.evaluate(exchange));
  if (instruction.flag == Flag::redirect || instruction.flag == Flag::permanent) {
    std::string_view location = exchange::escape_uri(path, exchange.arena);
    if (!args.empty()) location = exchange.arena.join(location, "?", args);
    exchange.answer(instruction.flag == Flag::redirect ? 302 : 301);
    exchange.reply.head.fields.set(http::Name::location, location);
    return RewriteEnd::reply;
  }
  if (path.empty()) {
    exchange.log(base::LogLevel::error, "the rewritten URI has a zero length");
    exchange.answer(500);
    return RewriteEnd::reply;
  }
  exchange.request.path = path;
  exchange.request.query = args;
  exchange.forget_cached_variables();
  if (instruction.flag == Flag::break_) {
    exchange.rewritten_here = true;
    return RewriteEnd::stop;
  }
  return RewriteEnd::relocate;
}

// `changed`: a rewrite without a flag has changed the URI, which is located when all have run.
RewriteEnd run_block(const std::vector<Instruction>& instructions, Exchange& exchange, bool& changed) {
  for (const Instruction& instruction : instructions) {
    RewriteEnd end = RewriteEnd::go_on;
    switch (instruction.kind) {
      case Kind::set:
        exchange.set_variable(instruction.variable, exchange.arena.copy(instruction.text.evaluate(exchange)));
        break;
      // As nginx does, it also keeps a URI that was changed before it in this location.
      case Kind::break_: return RewriteEnd::stop;
      case Kind::return_: return run_return(instruction, exchange);
      case Kind::rewrite:
        end = run_rewrite(instruction, exchange);
        if (end != RewriteEnd::relocate || instruction.flag == Flag::last) break;
        changed = true;
        end = RewriteEnd::go_on;
        break;
      case Kind::if_:
        if (!instruction.condition.holds(exchange)) break;
        if (instruction.route != nullptr) exchange.route = instruction.route;
        end = run_block(instruction.nested, exchange, changed);
        break;
    }
    if (end != RewriteEnd::go_on) return end;
  }
  return RewriteEnd::go_on;
}

base::Result<void> set_nothing(void*, const conf::Directive&, conf::Site&) { return {}; }

struct Nothing {};  // the instructions are compiled by Rewrites, in order

constexpr uint32_t kEverywhere = conf::kServer | conf::kLocation | conf::kServerIf | conf::kLocationIf;

const conf::Row kRows[] = {
    {.name = "set",
     .contexts = kEverywhere,
     .syntax = "$variable value",
     .min_args = 2,
     .max_args = 2,
     .help = "Gives a variable a value; text and variables may be mixed.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "return",
     .contexts = kEverywhere,
     .syntax = "code [text] | code URL | URL",
     .min_args = 1,
     .max_args = 2,
     .help = "Ends the request with a status and a text, or a redirect. 444 closes the connection without an "
             "answer.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "rewrite",
     .contexts = kEverywhere,
     .syntax = "regex replacement [last | break | redirect | permanent]",
     .min_args = 2,
     .max_args = 3,
     .help = "Changes the URI when it matches.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "break",
     .contexts = kEverywhere,
     .syntax = "",
     .min_args = 0,
     .max_args = 0,
     .help = "Ends the rewrite instructions.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "if",
     .contexts = conf::kServer,
     .syntax = "(condition) { ... }",
     .min_args = 1,
     .max_args = conf::Row::kAny,
     .help = "What stands inside applies when the condition holds.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kServerIf},
    {.name = "if",
     .contexts = conf::kLocation,
     .syntax = "(condition) { ... }",
     .min_args = 1,
     .max_args = conf::Row::kAny,
     .help = "What stands inside applies when the condition holds.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kLocationIf},
};

}  // namespace

const conf::Section kRewriteSection = conf::section<Nothing>("rewrite", kRows);

Rewrites::Rewrites() = default;
Rewrites::~Rewrites() = default;
Rewrites::Rewrites(Rewrites&&) noexcept = default;
Rewrites& Rewrites::operator=(Rewrites&&) noexcept = default;

void Rewrites::compile(const conf::Directive& block, exchange::Builder& builder, const IfRoute& if_route) {
  instructions_ = compile_block(block, builder, if_route);
}

RewriteEnd Rewrites::run(Exchange& exchange) const {
  bool changed = false;
  RewriteEnd end = run_block(instructions_, exchange, changed);
  return end == RewriteEnd::go_on && changed ? RewriteEnd::relocate : end;
}

}  // namespace proxy
