// The condition of `if`, in nginx's grammar.
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "proxy/rewrite.h"

namespace proxy {

using exchange::Exchange;
using exchange::Template;

namespace {

// nginx wants the condition in parentheses that may cling to the words: `if ($a = b)`, `if ( $a )`.
base::Result<std::vector<std::string>> inside_parentheses(const conf::Directive& directive) {
  std::vector<std::string> words;
  for (const conf::Word& word : directive.args) words.push_back(word.text);
  if (words.empty() || words.front().empty() || words.front().front() != '(') {
    return base::fail("the condition must stand in parentheses");
  }
  words.front().erase(0, 1);
  if (words.front().empty()) words.erase(words.begin());
  if (words.empty() || words.back().empty() || words.back().back() != ')') {
    return base::fail("the condition must end with \")\"");
  }
  words.back().pop_back();
  if (words.back().empty()) words.pop_back();
  if (words.empty()) return base::fail("the condition is empty");
  return words;
}

bool parse_file_test(std::string_view text, Condition& condition) {
  if (text.starts_with('!')) {
    condition.negated = true;
    text.remove_prefix(1);
  }
  if (text == "-f")
    condition.kind = Condition::Kind::file;
  else if (text == "-d")
    condition.kind = Condition::Kind::directory;
  else if (text == "-e")
    condition.kind = Condition::Kind::exists;
  else if (text == "-x")
    condition.kind = Condition::Kind::executable;
  else
    return false;
  return true;
}

base::Result<void> parse_operator(std::string_view op, const std::string& right, exchange::Builder& builder,
                                  Condition& condition) {
  if (op == "=" || op == "!=") {
    condition.kind = op == "=" ? Condition::Kind::equals : Condition::Kind::differs;
    base::Result<Template> compiled = Template::compile(right, builder);
    if (!compiled) return tl::unexpected(compiled.error());
    condition.right = std::move(*compiled);
    return {};
  }
  std::string_view match = op;
  if (match.starts_with('!')) {
    condition.negated = true;
    match.remove_prefix(1);
  }
  if (match != "~" && match != "~*") return base::fail("unexpected \"{}\" in condition", op);
  condition.kind = Condition::Kind::matches;
  auto regex = exchange::Regex::compile(right, match == "~*", &builder.variables());
  if (!regex) return tl::unexpected(regex.error());
  condition.regex = std::move(*regex);
  return {};
}

bool is_there(Condition::Kind kind, const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return false;
  switch (kind) {
    case Condition::Kind::file: return S_ISREG(status.st_mode);
    case Condition::Kind::directory: return S_ISDIR(status.st_mode);
    case Condition::Kind::executable: return (status.st_mode & 0100) != 0;
    default: return true;
  }
}

}  // namespace

base::Result<Condition> Condition::parse(const conf::Directive& directive, exchange::Builder& builder) {
  auto words = inside_parentheses(directive);
  if (!words) return tl::unexpected(words.error());
  Condition condition;
  bool file_test = parse_file_test((*words)[0], condition);
  if (file_test && words->size() != 2) return base::fail("\"{}\" needs one path", (*words)[0]);
  const std::string& subject = (*words)[file_test ? 1 : 0];
  if (!file_test && !subject.starts_with('$')) return base::fail("invalid condition \"{}\"", subject);

  base::Result<Template> left = Template::compile(subject, builder);
  if (!left) return tl::unexpected(left.error());
  condition.left = std::move(*left);
  if (file_test || words->size() == 1) return condition;
  if (words->size() != 3) return base::fail("invalid condition: a variable, an operator and one value");
  base::Result<void> operation = parse_operator((*words)[1], (*words)[2], builder, condition);
  if (!operation) return tl::unexpected(operation.error());
  return condition;
}

bool Condition::holds(Exchange& exchange) const {
  std::string_view value = left.evaluate(exchange);
  bool result = false;
  switch (kind) {
    case Kind::set: result = !value.empty() && value != "0"; break;
    case Kind::equals: result = value == right.evaluate(exchange); break;
    case Kind::differs: result = value != right.evaluate(exchange); break;
    case Kind::matches: result = regex->match(value, exchange); break;
    default: result = is_there(kind, std::string(value)); break;
  }
  return result != negated;
}

}  // namespace proxy
