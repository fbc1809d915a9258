// A parsed configuration: words, directives, blocks, each knowing where it stood. No meaning yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conf {

/// Where something stands: index into Tree::files, line and column from 1.
struct Position {
  uint32_t file = 0;
  uint32_t line = 0;
  uint32_t column = 0;
};

/// One word after quotes and escapes are taken off. `quoted` words never open a block or name a variable
/// list.
struct Word {
  std::string text;
  Position at;
  bool quoted = false;
};

/// `name args;` or `name args { block }`.
struct Directive {
  Word name;
  std::vector<Word> args;
  std::vector<Directive> block;
  bool has_block = false;
  std::string_view arg(size_t i) const {
    return i < args.size() ? std::string_view(args[i].text) : std::string_view();
  }
};

/// One file that was read, kept for carets under errors and for -T.
struct SourceFile {
  std::string path;
  std::string text;
};

/// Everything one start or reload read: `include`d directives stand where their include stood.
struct Tree {
  std::vector<SourceFile> files;
  std::vector<Directive> directives;
};

}  // namespace conf
