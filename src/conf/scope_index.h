// What resolving needs of sections and blocks, looked up once per configuration: owned by the Site. It points
// into the sections and the tree, so it must not outlive them.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/row.h"

namespace conf {

/// One section's rows by name, its groups, its defaults as directives, and where its rows stand in large
/// blocks.
class SectionIndex {
 public:
  /// One occurrence of a row in a block.
  struct Match {
    uint16_t row;
    const Directive* directive;
  };

  SectionIndex(const Section& section, bool compat, Diagnostics& diagnostics);

  size_t groups() const { return group_rows_.size(); }
  /// A row without a group is alone in one of its own.
  uint16_t group_of(uint16_t row) const { return group_of_[row]; }
  const std::vector<uint16_t>& rows_of_group(size_t group) const { return group_rows_[group]; }
  const std::vector<Directive>& defaults_of(uint16_t row) const { return defaults_[row]; }

  /// Calls `each(match)` for what stands in `block` and may stand in `context`, in the order of the file.
  /// What does not have the shape its row asks for was refused by check() and is left out.
  template <class Each>
  void matches(const Directive& block, uint32_t context, Each&& each) {
    if (block.block.size() <= kSmallBlock) {
      scan(block, context, each);
      return;
    }
    auto [known, is_new] = large_blocks_.try_emplace({&block, context});
    if (is_new) scan(block, context, [&](const Match& match) { known->second.push_back(match); });
    for (const Match& match : known->second) each(match);
  }

 private:
  // Below this a block is read through again: that is as fast as remembering it, and takes no memory.
  static constexpr size_t kSmallBlock = 8;
  struct BlockKey {
    const Directive* block;
    uint32_t context;
    bool operator==(const BlockKey&) const = default;
  };
  struct HashBlock {
    size_t operator()(const BlockKey& key) const {
      return std::hash<const void*>()(key.block) * 31 + key.context;
    }
  };

  template <class Each>
  void scan(const Directive& block, uint32_t context, Each&& each) const {
    for (const Directive& directive : block.block) {
      auto [row, end] = by_name_.equal_range(directive.name.text);
      for (; row != end; ++row) {
        if (fits(rows_[row->second], directive, context)) each(Match{row->second, &directive});
      }
    }
  }
  static bool fits(const Row& row, const Directive& directive, uint32_t context);
  void number_groups();

  std::span<const Row> rows_;
  std::unordered_multimap<std::string_view, uint16_t> by_name_;
  std::vector<uint16_t> group_of_;
  std::vector<std::vector<uint16_t>> group_rows_;
  std::vector<std::vector<Directive>> defaults_;
  std::unordered_map<BlockKey, std::vector<Match>, HashBlock> large_blocks_;
};

class ScopeIndex {
 public:
  SectionIndex& of(const Section& section, const Site& site);

 private:
  std::unordered_map<const Row*, std::unique_ptr<SectionIndex>> sections_;
};

}  // namespace conf
