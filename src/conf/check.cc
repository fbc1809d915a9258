#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "conf/context.h"
#include "conf/known.h"
#include "conf/parser.h"

namespace conf {
namespace {

std::string times(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string wanted_arguments(const Row& row) {
  if (row.max_args == Row::kAny) return "at least " + times(row.min_args, "argument");
  if (row.min_args == row.max_args)
    return row.max_args == 0 ? "no arguments" : times(row.max_args, "argument");
  return fmt::format("{} to {}", row.min_args, times(row.max_args, "argument"));
}

bool takes(const Row& row, size_t arguments) {
  return arguments >= row.min_args && (row.max_args == Row::kAny || arguments <= row.max_args);
}

class Checker {
 public:
  Checker(const Tree& tree, std::span<const Section* const> sections, Diagnostics& diagnostics);
  void block(const std::vector<Directive>& directives, uint32_t context);

 private:
  using Rows = std::vector<const Row*>;
  // Where each row stood first in the block being checked.
  using Seen = std::unordered_map<const Row*, Position>;

  const Rows* rows_of(std::string_view name) const;
  const Row* row_in(std::string_view name, uint32_t context) const;
  void directive(const Directive& directive, uint32_t context, Seen& seen);
  void one(const Directive& directive, uint32_t context, Seen& seen);
  bool split(const Directive& directive, uint32_t context, Seen& seen);
  bool fits(const Directive& directive, uint32_t context) const;
  void unknown(const Directive& directive, uint32_t context);
  void misplaced(const Directive& directive, const Rows& rows, uint32_t context);
  void placed(const Directive& directive, const Row& row, Seen& seen);
  std::string guess(std::string_view name, uint32_t context);
  std::string file_line(Position at) const;

  const Tree& tree_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string_view, Rows> rows_;
  std::map<std::pair<std::string, uint32_t>, std::string> guesses_;
  std::set<std::string> ignored_;
};

Checker::Checker(const Tree& tree, std::span<const Section* const> sections, Diagnostics& diagnostics)
    : tree_(tree), diagnostics_(diagnostics) {
  for (const Section* section : sections) {
    for (const Row& row : section->rows) rows_[row.name].push_back(&row);
  }
}

const Checker::Rows* Checker::rows_of(std::string_view name) const {
  auto found = rows_.find(name);
  return found == rows_.end() ? nullptr : &found->second;
}

const Row* Checker::row_in(std::string_view name, uint32_t context) const {
  const Rows* rows = rows_of(name);
  if (rows == nullptr) return nullptr;
  for (const Row* row : *rows) {
    if ((row->contexts & context) != 0) return row;
  }
  return nullptr;
}

void Checker::block(const std::vector<Directive>& directives, uint32_t context) {
  Seen seen;
  for (const Directive& each : directives) directive(each, context, seen);
}

void Checker::directive(const Directive& directive, uint32_t context, Seen& seen) {
  if (split(directive, context, seen)) return;
  one(directive, context, seen);
}

// With a ";" forgotten, a directive takes the next one for its arguments. Where a later line starts with the
// name of a directive and the whole makes no sense, the pieces are checked each for itself.
bool Checker::split(const Directive& directive, uint32_t context, Seen& seen) {
  bool sensible = fits(directive, context);
  auto is_directive = [&](const std::string& name) {
    if (sensible) return row_in(name, context) != nullptr;
    return rows_of(name) != nullptr || known_to(name) != KnownTo::nobody;
  };
  std::vector<size_t> cuts;
  const Word* before = &directive.name;
  for (size_t i = 0; i < directive.args.size(); ++i) {
    const Word& word = directive.args[i];
    bool starts_line = word.at.line > before->at.line && word.at.file == before->at.file;
    if (starts_line && !word.quoted && is_directive(word.text)) cuts.push_back(i);
    before = &word;
  }
  if (cuts.empty()) return false;
  const Word& last = cuts[0] == 0 ? directive.name : directive.args[cuts[0] - 1];
  if (sensible) {
    diagnostics_.warn(last.at,
                      "\"{}\" in the next line is taken as an argument of \"{}\": is a \";\" missing?",
                      directive.args[cuts[0]].text, directive.name.text);
    return false;
  }
  size_t begin = 0;
  Directive piece;
  piece.name = directive.name;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    bool is_last = i == cuts.size();
    size_t end = is_last ? directive.args.size() : cuts[i];
    piece.args.assign(directive.args.begin() + static_cast<ptrdiff_t>(begin),
                      directive.args.begin() + static_cast<ptrdiff_t>(end));
    if (is_last) {
      piece.has_block = directive.has_block;
      piece.block = directive.block;
    } else {
      const Word& word = piece.args.empty() ? piece.name : piece.args.back();
      diagnostics_.error(word.at, "\";\" is missing after \"{}\"", word.text);
    }
    one(piece, context, seen);
    if (is_last) break;
    piece.name = directive.args[end];
    begin = end + 1;
  }
  return true;
}

bool Checker::fits(const Directive& directive, uint32_t context) const {
  const Row* row = row_in(directive.name.text, context);
  return row != nullptr && takes(*row, directive.args.size()) &&
         (row->block != Block::none) == directive.has_block;
}

void Checker::one(const Directive& directive, uint32_t context, Seen& seen) {
  const Rows* rows = rows_of(directive.name.text);
  if (rows == nullptr) return unknown(directive, context);
  const Row* row = row_in(directive.name.text, context);
  if (row == nullptr) return misplaced(directive, *rows, context);
  placed(directive, *row, seen);
}

void Checker::unknown(const Directive& directive, uint32_t context) {
  const std::string& name = directive.name.text;
  KnownTo known = known_to(name);
  // A module for nginx changes nothing here; any other file was meant for us.
  if (name == "load_module" && !directive.arg(0).ends_with(".so")) known = KnownTo::nginx;
  if (known == KnownTo::ignored) {
    // Once a name: such lines tend to stand in every server.
    if (!ignored_.insert(name).second) return;
    return diagnostics_.notice(directive.name.at, "\"{}\" is ignored: it tunes nginx and changes no answer",
                               name);
  }
  if (known == KnownTo::nginx) {
    return diagnostics_.error(directive.name.at, "\"{}\" is a directive of nginx that is not built yet",
                              name);
  }
  diagnostics_.error(directive.name.at, "unknown directive \"{}\"{}", name, guess(name, context));
}

void Checker::misplaced(const Directive& directive, const Rows& rows, uint32_t context) {
  uint32_t allowed = 0;
  for (const Row* row : rows) allowed |= row->contexts;
  diagnostics_.error(directive.name.at, "\"{}\" is not allowed in \"{}\"; it may stand in: {}",
                     directive.name.text, context_names(context), context_names(allowed));
  // What such a block holds can be judged when all rows of this name open the same context.
  const Row& first = *rows.front();
  bool same = std::ranges::all_of(rows, [&](const Row* row) { return row->opens == first.opens; });
  if (directive.has_block && first.block == Block::scope && same) block(directive.block, first.opens);
}

void Checker::placed(const Directive& directive, const Row& row, Seen& seen) {
  const std::string& name = directive.name.text;
  auto [earlier, is_first] = seen.emplace(&row, directive.name.at);
  if (!is_first && !row.repeat) {
    diagnostics_.error(directive.name.at, "\"{}\" is duplicate: it stands already {}", name,
                       file_line(earlier->second));
  }
  if (!takes(row, directive.args.size())) {
    bool too_many = directive.args.size() > row.min_args;
    Position at = too_many ? directive.args[row.max_args].at : directive.name.at;
    diagnostics_.error(at, "\"{}\" takes {}, not {}: {}{}{}", name, wanted_arguments(row),
                       directive.args.size(), name, row.syntax.empty() ? "" : " ", row.syntax);
  }
  if (directive.has_block && row.block == Block::none) {
    const Word& last = directive.args.empty() ? directive.name : directive.args.back();
    return diagnostics_.error(last.at, "\"{}\" takes no block: \";\" must end it", name);
  }
  if (!directive.has_block && row.block != Block::none) {
    return diagnostics_.error(directive.name.at, "\"{}\" needs a block: \"{{\" must follow it", name);
  }
  if (row.block == Block::scope) block(directive.block, row.opens);
}

// ", did you mean ...?" with the nearest name; one that may stand here wins over an equally near one that may
// not.
std::string Checker::guess(std::string_view name, uint32_t context) {
  if (size_t paren = name.find('(');
      paren != std::string_view::npos && rows_of(name.substr(0, paren)) != nullptr) {
    return fmt::format(": a space is missing between \"{}\" and \"(\"", name.substr(0, paren));
  }
  constexpr size_t kLongest = 64;
  if (name.size() > kLongest) return {};
  auto [entry, is_new] = guesses_.try_emplace({std::string(name), context});
  if (!is_new) return entry->second;
  size_t limit = name.size() < 4 ? 1 : name.size() < 9 ? 2 : 3;
  size_t best_cost = 2 * limit + 2;
  std::string_view best;
  for (const auto& [candidate, rows] : rows_) {
    size_t longer = std::max(candidate.size(), name.size());
    if (longer - std::min(candidate.size(), name.size()) > limit) continue;
    size_t distance = base::edit_distance(name, candidate);
    if (distance > limit || distance >= longer) continue;
    size_t cost = 2 * distance + (row_in(candidate, context) == nullptr ? 1 : 0);
    // Equal costs are decided by the alphabet, so that the same file always gives the same message.
    if (cost < best_cost || (cost == best_cost && candidate < best)) {
      best_cost = cost;
      best = candidate;
    }
  }
  if (!best.empty()) entry->second = fmt::format(", did you mean \"{}\"?", best);
  return entry->second;
}

std::string Checker::file_line(Position at) const {
  if (at.file >= tree_.files.size()) return fmt::format("in line {}", at.line);
  return fmt::format("at {}:{}", tree_.files[at.file].path, at.line);
}

}  // namespace

void check(const Tree& tree, std::span<const Section* const> sections, Diagnostics& diagnostics) {
  Checker(tree, sections, diagnostics).block(tree.directives, kMain);
}

}  // namespace conf
