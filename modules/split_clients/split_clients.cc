#include "modules/split_clients/split_clients.h"

#include <cstring>

#include "base/text.h"
#include "exchange/setters.h"
#include "exchange/subject.h"

namespace split_clients {
namespace {

constexpr uint32_t kWhole = 10000;  // hundredths of a per cent

struct Part {
  uint64_t below = 0;  // hashes below belong to it, or to one in front of it
  std::string value;
};

struct Split {
  exchange::Template source;
  std::vector<Part> parts;
};

struct Conf {
  std::vector<std::shared_ptr<const Split>> splits;
};

/// "0.5%" in hundredths of a per cent.
base::Result<uint32_t> parse_share(std::string_view text) {
  auto invalid = [&] { return base::fail("invalid percent value \"{}\"", text); };
  if (!text.ends_with('%')) return invalid();
  std::string_view number = text.substr(0, text.size() - 1);
  size_t point = number.find('.');
  std::string_view rest = point == std::string_view::npos ? std::string_view() : number.substr(point + 1);
  std::optional<uint64_t> units = base::parse_uint(number.substr(0, point));
  bool valid =
      units && *units <= 100 && rest.size() <= 2 && (point == std::string_view::npos || !rest.empty());
  if (!valid) return invalid();
  uint32_t share = static_cast<uint32_t>(*units) * 100;
  for (uint32_t worth = 10; char digit : rest) {
    if (!base::is_digit(digit)) return invalid();
    share += static_cast<uint32_t>(digit - '0') * worth;
    worth /= 10;
  }
  if (share == 0) return invalid();
  return share;
}

base::Result<void> read_part(const conf::Directive& line, uint32_t& used, Split& split) {
  if (line.args.size() != 1 || line.has_block) return base::fail("invalid number of parameters");
  uint64_t before = split.parts.empty() ? 0 : split.parts.back().below;
  if (line.name.text == "*") {
    used = kWhole;
    split.parts.push_back({uint64_t{1} << 32, line.args[0].text});
    return {};
  }
  base::Result<uint32_t> share = parse_share(line.name.text);
  if (!share) return tl::unexpected(share.error());
  used += *share;
  if (used > kWhole) return base::fail("percent total is greater than 100%");
  split.parts.push_back({before + *share * uint64_t{UINT32_MAX} / kWhole, line.args[0].text});
  return {};
}

exchange::Value choose(exchange::Subject& subject, std::string_view, const void* data) {
  const Split& split = *static_cast<const Split*>(data);
  uint32_t hash = murmur2(split.source.evaluate(subject));
  for (const Part& part : split.parts) {
    if (hash < part.below) return {part.value};
  }
  return exchange::Value::none();
}

base::Result<void> add_split(void* section, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = exchange::builder_of(site);
  std::string_view variable = directive.arg(1);
  if (!variable.starts_with('$') || variable.size() < 2)
    return base::fail("invalid variable name \"{}\"", variable);
  base::Result<exchange::Template> source = exchange::Template::compile(directive.args[0], builder);
  if (!source) return tl::unexpected(source.error());
  auto split = std::make_shared<Split>();
  split->source = std::move(*source);
  uint32_t used = 0;
  for (const conf::Directive& line : directive.block) {
    base::Result<void> read = read_part(line, used, *split);
    if (!read) site.diagnostics->error(line.name.at, "\"split_clients\": {}", read.error().message);
  }
  static_cast<Conf*>(section)->splits.push_back(split);
  return builder.variables().define_from_block(variable.substr(1), choose, split.get(), true);
}

constexpr conf::Row kRows[] = {
    {.name = "split_clients",
     .contexts = conf::kHttp | conf::kStream,
     .syntax = "string $variable { share value; ... }",
     .min_args = 2,
     .max_args = 2,
     .help = "Makes a variable that parts clients into groups of given sizes, for A/B tests.",
     .set = add_split,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::free},
};
constexpr conf::Section kSection = conf::section<Conf>("split clients", kRows);

std::string acts_nowhere(const void*, const exchange::Route&) { return {}; }

}  // namespace

uint32_t murmur2(std::string_view text) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  auto mix = [](uint32_t word) {
    word *= kMultiplier;
    word ^= word >> 24;
    return word * kMultiplier;
  };
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  uint32_t hash = static_cast<uint32_t>(text.size());
  for (; text.size() >= 4; text.remove_prefix(4)) {
    uint32_t word = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    hash = hash * kMultiplier ^ mix(word);
  }
  for (size_t i = 0; i < text.size(); ++i) hash ^= byte(i) << (8 * i);
  if (!text.empty()) hash *= kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

const exchange::Module kModule = {.name = "split_clients", .section = &kSection, .active = acts_nowhere};

}  // namespace split_clients
