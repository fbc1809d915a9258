#include "conf/scope_index.h"

#include "conf/parser.h"

namespace conf {

SectionIndex::SectionIndex(const Section& section, bool compat, Diagnostics& diagnostics)
    : rows_(section.rows) {
  number_groups();
  defaults_.resize(rows_.size());
  for (uint16_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    by_name_.emplace(row.name, i);
    bool nginx = compat && !row.nginx_default.empty();
    std::string_view text = nginx ? row.nginx_default : row.default_text;
    if (text.empty()) continue;
    Diagnostics errors;
    std::vector<Directive> parsed = parse_text(fmt::format("{} {};", row.name, text), errors);
    bool sound = !errors.failed();
    for (const Directive& directive : parsed) sound = sound && fits(row, directive, row.contexts);
    if (sound) {
      // Nobody wrote it, so it stands nowhere.
      for (Directive& directive : parsed) {
        directive.name.at = {};
        for (Word& word : directive.args) word.at = {};
      }
      defaults_[i] = std::move(parsed);
    } else {
      diagnostics.error({}, "the default \"{}\" of \"{}\" is not what the directive takes", text, row.name);
    }
  }
}

void SectionIndex::number_groups() {
  std::unordered_map<std::string_view, uint16_t> numbers;
  for (uint16_t i = 0; i < rows_.size(); ++i) {
    uint16_t next = static_cast<uint16_t>(group_rows_.size());
    uint16_t number = rows_[i].group.empty() ? next : numbers.try_emplace(rows_[i].group, next).first->second;
    if (number == next) group_rows_.emplace_back();
    group_rows_[number].push_back(i);
    group_of_.push_back(number);
  }
}

bool SectionIndex::fits(const Row& row, const Directive& directive, uint32_t context) {
  size_t count = directive.args.size();
  return (row.contexts & context) != 0 && count >= row.min_args &&
         (row.max_args == Row::kAny || count <= row.max_args) &&
         directive.has_block == (row.block != Block::none);
}

SectionIndex& ScopeIndex::of(const Section& section, const Site& site) {
  std::unique_ptr<SectionIndex>& index = sections_[section.rows.data()];
  if (!index) index = std::make_unique<SectionIndex>(section, site.compat, *site.diagnostics);
  return *index;
}

}  // namespace conf
