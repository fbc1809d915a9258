#include "exchange/template.h"

#include "base/text.h"
#include "exchange/builder.h"
#include "exchange/subject.h"

namespace exchange {
namespace {

constexpr size_t kFewParts = 16;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || base::is_digit(c) || c == '_';
}

/// The name behind a "$" at the beginning of `text`, braces included in `length`.
base::Result<std::string_view> variable_name(std::string_view text, size_t& length) {
  bool braced = text.size() > 1 && text[1] == '{';
  size_t start = braced ? 2 : 1;
  size_t end = start;
  if (!braced && end < text.size() && text[end] >= '1' && text[end] <= '9') {
    length = 2;
    return text.substr(1, 1);
  }
  while (end < text.size() && is_name_char(text[end])) ++end;
  std::string_view name = text.substr(start, end - start);
  length = end;
  if (braced) {
    if (end >= text.size() || text[end] != '}') {
      return base::fail("the closing bracket in \"{}\" variable is missing", name);
    }
    ++length;
  }
  if (name.empty()) return base::fail("invalid variable name");
  return name;
}

bool is_capture(std::string_view name) { return name.size() == 1 && name[0] >= '1' && name[0] <= '9'; }

}  // namespace

base::Result<std::vector<TextPart>> split_variables(std::string_view text) {
  std::vector<TextPart> parts;
  while (!text.empty()) {
    size_t dollar = text.find('$');
    if (dollar != 0) parts.push_back({std::string(text.substr(0, dollar)), false});
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    size_t length = 0;
    base::Result<std::string_view> name = variable_name(text, length);
    if (!name) return tl::unexpected(name.error());
    parts.push_back({std::string(*name), true});
    text.remove_prefix(length);
  }
  return parts;
}

base::Result<std::shared_ptr<Template::Parts>> Template::split(std::string_view text) {
  base::Result<std::vector<TextPart>> pieces = split_variables(text);
  if (!pieces) return tl::unexpected(pieces.error());
  auto parts = std::make_shared<Parts>();
  for (TextPart& piece : *pieces) {
    if (!piece.is_variable) {
      parts->push_back({std::move(piece.text), kNone});
    } else if (is_capture(piece.text)) {
      parts->push_back({{}, kCapture + static_cast<uint32_t>(piece.text[0] - '0')});
    } else {
      parts->push_back({std::move(piece.text), kUnbound});
    }
  }
  return parts;
}

base::Result<void> Template::bind(Parts& parts, Variables& variables) {
  for (Part& part : parts) {
    if (part.variable != kUnbound) continue;
    base::Result<uint32_t> index = variables.find(part.text);
    if (!index) return tl::unexpected(index.error());
    part.variable = *index;
  }
  return {};
}

base::Result<Template> Template::compile_at(std::string_view text, Builder& builder,
                                            const conf::Position& at) {
  Template made{std::string(text)};
  if (text.find('$') == std::string_view::npos) return made;
  base::Result<std::shared_ptr<Parts>> parts = split(text);
  if (!parts) return tl::unexpected(parts.error());
  made.parts_ = *parts;
  builder.later(at,
                [shared = *parts, variables = &builder.variables()] { return bind(*shared, *variables); });
  return made;
}

base::Result<Template> Template::compile(std::string_view text, Builder& builder) {
  return compile_at(text, builder, builder.at);
}

base::Result<Template> Template::compile(const conf::Word& word, Builder& builder) {
  return compile_at(word.text, builder, word.at);
}

base::Result<Template> Template::compile(std::string_view text, Variables& variables) {
  Template made{std::string(text)};
  if (text.find('$') == std::string_view::npos) return made;
  base::Result<std::shared_ptr<Parts>> parts = split(text);
  if (!parts) return tl::unexpected(parts.error());
  base::Result<void> bound = bind(**parts, variables);
  if (!bound) return tl::unexpected(bound.error());
  made.parts_ = *parts;
  return made;
}

std::string_view Template::part_text(const Part& part, Subject& subject) {
  if (part.variable == kNone) return part.text;
  if (part.variable < kCapture) return subject.variable(part.variable).text;
  PC_CHECK(part.variable != kUnbound);  // Builder::later ran
  int group = static_cast<int>(part.variable - kCapture);
  return group < subject.captures.count ? subject.captures.group[group] : std::string_view();
}

std::string_view Template::evaluate_parts(Subject& subject) const {
  const Parts& parts = *parts_;
  if (parts.size() == 1) return part_text(parts[0], subject);

  // Values are taken before anything is joined: evaluating one may change what another's text was made of.
  std::string_view few[kFewParts];
  std::string_view* texts = few;
  if (parts.size() > kFewParts) {
    texts = static_cast<std::string_view*>(subject.arena.allocate(parts.size() * sizeof(std::string_view)));
  }
  size_t size = 0;
  for (size_t i = 0; i < parts.size(); ++i) size += (texts[i] = part_text(parts[i], subject)).size();
  if (size == 0) return {};
  char* joined = subject.arena.chars(size);
  char* end = joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (texts[i].empty()) continue;
    std::memcpy(end, texts[i].data(), texts[i].size());
    end += texts[i].size();
  }
  return {joined, size};
}

bool any_set(std::span<const Template> conditions, Subject& subject) {
  for (const Template& condition : conditions) {
    std::string_view value = condition.evaluate(subject);
    if (!value.empty() && value != "0") return true;
  }
  return false;
}

}  // namespace exchange
