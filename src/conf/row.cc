#include "conf/row.h"

#include <algorithm>

#include "base/check.h"
#include "conf/context.h"
#include "conf/scope_index.h"

namespace conf {
namespace {

constexpr size_t kNobody = SIZE_MAX;

struct Scope {
  const Directive* block;
  uint32_t context;
};

// The contexts of the chain; only the last is told by the caller.
std::vector<Scope> scopes_of(Chain chain, Context context) {
  std::vector<Scope> scopes;
  scopes.reserve(chain.size());
  uint32_t outer = 0;
  for (const Directive* block : chain) {
    bool is_last = scopes.size() + 1 == chain.size();
    outer = is_last ? static_cast<uint32_t>(context) : context_inside(*block, outer);
    scopes.push_back({block, outer});
  }
  return scopes;
}

// Whether what stands in the scope at `depth` counts for the last one.
bool reaches(const Row& row, const std::vector<Scope>& scopes, size_t depth) {
  if (depth + 1 == scopes.size()) return true;
  uint32_t last = scopes.back().context;
  // What may stand only around servers declares something, once.
  constexpr uint32_t kAroundServers = kMain | kEvents | kHttp | kStream;
  if ((row.contexts & ~kAroundServers) == 0 && (last & kAroundServers) == 0) return false;
  if (row.inherit == Inherit::value) return true;
  return row.inherit == Inherit::block && depth + 2 == scopes.size() &&
         (last & (kLocationIf | kLimitExcept)) != 0;
}

// The occurrences that count for the last scope, those of one group together and in the order of the file.
std::vector<SectionIndex::Match> winners(const Section& section, SectionIndex& index,
                                         const std::vector<Scope>& scopes) {
  std::vector<size_t> owner(index.groups(), kNobody);
  std::vector<SectionIndex::Match> found;
  for (size_t depth = scopes.size(); depth-- > 0;) {
    index.matches(*scopes[depth].block, scopes[depth].context, [&](const SectionIndex::Match& match) {
      if (!reaches(section.rows[match.row], scopes, depth)) return;
      size_t& by = owner[index.group_of(match.row)];
      if (by != kNobody && by != depth) return;
      by = depth;
      found.push_back(match);
    });
  }
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    return index.group_of(a.row) < index.group_of(b.row);
  });
  return found;
}

void apply(const Row& row, const Directive& directive, void* object, Site& site) {
  if (row.set == nullptr) return;
  const Word& word = directive.args.empty() ? directive.name : directive.args[0];
  site.at = word.at;
  base::Result<void> set = row.set(object, directive, site);
  if (set) return;
  site.diagnostics->error(word.at, "\"{}\": {}", row.name, set.error().message);
}

// Rows of http have no default in stream, nor those of stream in http: what they would set means nothing
// there.
bool has_default_in(const Row& row, Context context) {
  constexpr uint32_t kInStream = kStream | kStreamServer | kStreamUpstream;
  if ((row.contexts & kMain) != 0 || context == kMain) return true;
  return (context & kInStream) != 0 ? (row.contexts & kInStream) != 0 : (row.contexts & ~kInStream) != 0;
}

SectionIndex& index_of(const Section& section, Site& site) {
  PC_CHECK(site.diagnostics != nullptr);
  if (!site.scopes) site.scopes = std::make_shared<ScopeIndex>();
  return site.scopes->of(section, site);
}

}  // namespace

std::string Site::full_path(std::string_view path) const {
  if (path.starts_with('/')) return std::string(path);
  return prefix + std::string(path);
}

void* resolve(const Section& section, Chain chain, Context context, Site& site) {
  SectionIndex& index = index_of(section, site);
  Context around = std::exchange(site.context, context);
  void* object = section.make();
  std::vector<SectionIndex::Match> found = winners(section, index, scopes_of(chain, context));
  size_t at = 0;
  for (size_t group = 0; group < index.groups(); ++group) {
    bool stands = at < found.size() && index.group_of(found[at].row) == group;
    if (!stands) {
      for (uint16_t row : index.rows_of_group(group)) {
        if (!has_default_in(section.rows[row], context)) continue;
        for (const Directive& directive : index.defaults_of(row))
          apply(section.rows[row], directive, object, site);
      }
    }
    for (; at < found.size() && index.group_of(found[at].row) == group; ++at) {
      apply(section.rows[found[at].row], *found[at].directive, object, site);
    }
  }
  if (section.finish != nullptr) {
    base::Result<void> finished = section.finish(object, site);
    if (!finished) {
      site.diagnostics->error(chain.empty() ? Position{} : chain.back()->name.at, "{}",
                              finished.error().message);
    }
  }
  site.context = around;
  return object;
}

bool resolves_as_outer(const Section& section, Chain chain, Context context, Site& site) {
  if (chain.size() < 2) return false;
  SectionIndex& index = index_of(section, site);
  std::vector<Scope> scopes = scopes_of(chain, context);
  bool differs = false;
  index.matches(*scopes.back().block, scopes.back().context,
                [&](const SectionIndex::Match&) { differs = true; });
  const Scope& outer = scopes[scopes.size() - 2];
  index.matches(*outer.block, outer.context, [&](const SectionIndex::Match& match) {
    differs = differs || (section.rows[match.row].inherit != Inherit::value &&
                          !reaches(section.rows[match.row], scopes, scopes.size() - 2));
  });
  return !differs;
}

}  // namespace conf
