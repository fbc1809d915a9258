// From files to a Tree: nginx's grammar (quotes, escapes, comments, blocks, include with globs).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "conf/diagnostics.h"
#include "conf/row.h"
#include "conf/tree.h"

namespace conf {

/// Reads a file whole; replaceable so that tests and the fuzzer need no disk.
using ReadFile = std::function<base::Result<std::string>(const std::string& path)>;
base::Result<std::string> read_file(const std::string& path);
/// The files a glob names, sorted; replaceable like ReadFile.
using ListFiles = std::function<base::Result<std::vector<std::string>>(const std::string& pattern)>;
base::Result<std::vector<std::string>> list_files(const std::string& pattern);

/// Limits of one configuration, its includes counted as often as they are included.
inline constexpr size_t kMaxIncludeDepth = 32;
inline constexpr size_t kMaxBlockDepth = 64;
inline constexpr size_t kMaxFiles = 100000;
inline constexpr size_t kMaxBytes = 256 << 20;

/// Parses `path` and all it includes (globs sorted, relative to `conf_prefix`; at most 32 deep). Every syntax
/// error is reported; parsing goes on after each. The tree holds what could be understood. An include of one
/// file that is not there is an error; a glob that finds nothing is not.
Tree parse(const std::string& path, const std::string& conf_prefix, Diagnostics& diagnostics,
           const ReadFile& read = read_file, const ListFiles& list = list_files);

/// Adds the directives of a `-g` argument, as if they stood before the first line of the file.
void parse_global(const std::string& text, Tree& tree, Diagnostics& diagnostics,
                  const std::string& conf_prefix = {}, const ReadFile& read = read_file,
                  const ListFiles& list = list_files);

/// The directives of a text that stands in no file: a default, a test. Includes are not followed.
std::vector<Directive> parse_text(std::string_view text, Diagnostics& diagnostics);

/// Checks every directive against the rows: known, in a context where it may stand, argument count, block or
/// not, repeated. Names what only nginx has (accepted with a notice when it cannot change an answer, else
/// refused as "not built yet"), and guesses what a misspelt name meant.
void check(const Tree& tree, std::span<const Section* const> sections, Diagnostics& diagnostics);

/// The same words and blocks, wherever they stood.
bool same_directives(const std::vector<Directive>& a, const std::vector<Directive>& b);

/// The tree as text with comments gone and includes in place: what -T prints first.
/// Parsing it gives the same directives again.
std::string print(const Tree& tree);

}  // namespace conf
