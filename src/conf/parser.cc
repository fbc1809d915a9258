#include "conf/parser.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "conf/lexer.h"

namespace conf {
namespace {

// One configuration being read. Files keep their places while others are added: the lexers point into them.
class Reader {
 public:
  Reader(const std::string& conf_prefix, Diagnostics& diagnostics, const ReadFile* read,
         const ListFiles* list, size_t files_before)
      : conf_prefix_(conf_prefix),
        diagnostics_(diagnostics),
        read_(read),
        list_(list),
        files_before_(files_before) {}

  void file(const std::string& path, Position included_at, std::vector<Directive>& out);
  void text(std::string name, std::string text, std::vector<Directive>& out);
  std::deque<SourceFile>& files() { return files_; }

 private:
  std::optional<uint32_t> opened(const std::string& path, Position included_at);
  void contents(uint32_t index, std::vector<Directive>& out);
  void block(Lexer& lexer, const Directive* owner, Position opened_at, std::vector<Directive>& out);
  void directive(Lexer& lexer, Token token, std::vector<Directive>& out);
  void finish(Lexer& lexer, Directive& directive, std::vector<Directive>& out);
  void open_block(Lexer& lexer, Directive& directive, Position at);
  void skip_block(Lexer& lexer);
  void include(Lexer& lexer, const Directive& directive, std::vector<Directive>& out);

  const std::string& conf_prefix_;
  Diagnostics& diagnostics_;
  const ReadFile* read_;  // null: includes are words like others
  const ListFiles* list_;
  size_t files_before_;
  std::deque<SourceFile> files_;
  std::unordered_map<std::string, uint32_t> known_files_;
  std::vector<uint32_t> including_;  // the files around the one being read, outermost first
  size_t block_depth_ = 0;
  size_t files_read_ = 0;
  size_t bytes_read_ = 0;
};

void Reader::file(const std::string& path, Position included_at, std::vector<Directive>& out) {
  if (including_.size() > kMaxIncludeDepth) {
    return diagnostics_.error(included_at, "include is nested more than {} deep", kMaxIncludeDepth);
  }
  std::optional<uint32_t> index = opened(path, included_at);
  if (!index) return;
  for (uint32_t outer : including_) {
    if (outer == *index) return diagnostics_.error(included_at, "\"{}\" includes itself", path);
  }
  contents(*index, out);
}

void Reader::text(std::string name, std::string text, std::vector<Directive>& out) {
  files_.push_back({std::move(name), std::move(text)});
  contents(static_cast<uint32_t>(files_.size() - 1), out);
}

std::optional<uint32_t> Reader::opened(const std::string& path, Position included_at) {
  auto known = known_files_.find(path);
  if (known != known_files_.end()) return known->second;
  base::Result<std::string> text = (*read_)(path);
  if (!text) {
    diagnostics_.error(included_at, "{}", text.error().message);
    return std::nullopt;
  }
  uint32_t index = static_cast<uint32_t>(files_.size());
  files_.push_back({path, std::move(*text)});
  known_files_.emplace(path, index);
  return index;
}

void Reader::contents(uint32_t index, std::vector<Directive>& out) {
  const SourceFile& source = files_[index];
  uint32_t number = static_cast<uint32_t>(files_before_ + index);
  bytes_read_ += source.text.size();
  if (++files_read_ > kMaxFiles || bytes_read_ > kMaxBytes) {
    return diagnostics_.error({}, "the configuration is larger than {} files or {} bytes", kMaxFiles,
                              kMaxBytes);
  }
  if (size_t nul = source.text.find('\0'); nul != std::string::npos) {
    return diagnostics_.error({number, 1, 1}, "\"{}\" is not a text: byte {} is NUL", source.path, nul);
  }
  including_.push_back(index);
  Lexer lexer(source.text, number, diagnostics_);
  block(lexer, nullptr, {}, out);
  including_.pop_back();
}

void Reader::block(Lexer& lexer, const Directive* owner, Position opened_at, std::vector<Directive>& out) {
  for (;;) {
    Token token = lexer.next();
    switch (token.kind) {
      case Token::Kind::word: directive(lexer, std::move(token), out); break;
      case Token::Kind::semicolon:
        lexer.error(token.at, "unexpected \";\": no directive stands before it");
        break;
      case Token::Kind::open:
        lexer.error(token.at, "unexpected \"{\": a block needs a name before it");
        skip_block(lexer);
        break;
      case Token::Kind::close:
        if (owner != nullptr) return;
        lexer.error(token.at, "unexpected \"}\": no block is open");
        break;
      case Token::Kind::end:
        if (owner != nullptr) {
          lexer.error(opened_at,
                      fmt::format("the block of \"{}\" is not closed: \"}}\" is missing", owner->name.text));
        }
        return;
    }
  }
}

void Reader::directive(Lexer& lexer, Token token, std::vector<Directive>& out) {
  Directive read;
  read.name = std::move(token.word);
  for (;;) {
    token = lexer.next();
    const Word& last = read.args.empty() ? read.name : read.args.back();
    switch (token.kind) {
      case Token::Kind::word: read.args.push_back(std::move(token.word)); continue;
      case Token::Kind::semicolon: return finish(lexer, read, out);
      case Token::Kind::open: open_block(lexer, read, token.at); return finish(lexer, read, out);
      case Token::Kind::close:
        lexer.error(last.at, fmt::format("\";\" is missing after \"{}\"", last.text));
        lexer.put_back(token);
        return finish(lexer, read, out);
      case Token::Kind::end:
        lexer.error(last.at, fmt::format("\";\" is missing after \"{}\": the file ends", last.text));
        return finish(lexer, read, out);
    }
  }
}

void Reader::finish(Lexer& lexer, Directive& directive, std::vector<Directive>& out) {
  if (directive.name.text == "include" && read_ != nullptr) return include(lexer, directive, out);
  out.push_back(std::move(directive));
}

void Reader::open_block(Lexer& lexer, Directive& directive, Position at) {
  directive.has_block = true;
  if (block_depth_ == kMaxBlockDepth) {
    lexer.error(at, fmt::format("blocks are nested more than {} deep", kMaxBlockDepth));
    return skip_block(lexer);
  }
  ++block_depth_;
  block(lexer, &directive, at, directive.block);
  --block_depth_;
}

// Over a block that has no place in the tree, to its "}".
void Reader::skip_block(Lexer& lexer) {
  for (size_t depth = 1; depth > 0;) {
    Token token = lexer.next();
    if (token.kind == Token::Kind::end) return;
    if (token.kind == Token::Kind::open) ++depth;
    if (token.kind == Token::Kind::close) --depth;
  }
}

void Reader::include(Lexer& lexer, const Directive& directive, std::vector<Directive>& out) {
  if (directive.has_block) return lexer.error(directive.name.at, "\"include\" takes no block");
  if (directive.args.size() != 1 || directive.args[0].text.empty()) {
    return lexer.error(directive.name.at, "\"include\" takes the name of one file or a pattern");
  }
  const Word& name = directive.args[0];
  std::string path = name.text.starts_with('/') ? name.text : conf_prefix_ + name.text;
  if (name.text.find_first_of("*?[") == std::string::npos) return file(path, name.at, out);
  base::Result<std::vector<std::string>> found = (*list_)(path);
  if (!found) return lexer.error(name.at, found.error().message);
  for (const std::string& each : *found) file(each, name.at, out);
}

void move_files(Reader& reader, Tree& tree) {
  for (SourceFile& file : reader.files()) tree.files.push_back(std::move(file));
}

}  // namespace

base::Result<std::string> read_file(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return base::fail_errno(errno, "open() \"{}\" failed", path);
  std::string text;
  char bytes[16384];
  ssize_t count = 0;
  int failed = 0;
  while ((count = read(fd, bytes, sizeof(bytes))) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failed = errno;
    if (count < 0 || text.size() > kMaxBytes) break;
    text.append(bytes, static_cast<size_t>(count));
  }
  close(fd);
  if (failed != 0) return base::fail_errno(failed, "read() of \"{}\" failed", path);
  return text;
}

base::Result<std::vector<std::string>> list_files(const std::string& pattern) {
  glob_t found{};
  int outcome = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + (outcome == 0 ? found.gl_pathc : 0));
  globfree(&found);
  if (outcome == 0 || outcome == GLOB_NOMATCH) return paths;
  return base::fail("cannot list the files of \"{}\"", pattern);
}

Tree parse(const std::string& path, const std::string& conf_prefix, Diagnostics& diagnostics,
           const ReadFile& read, const ListFiles& list) {
  Tree tree;
  Reader reader(conf_prefix, diagnostics, &read, &list, 0);
  reader.file(path, {}, tree.directives);
  move_files(reader, tree);
  return tree;
}

void parse_global(const std::string& text, Tree& tree, Diagnostics& diagnostics,
                  const std::string& conf_prefix, const ReadFile& read, const ListFiles& list) {
  std::vector<Directive> directives;
  Reader reader(conf_prefix, diagnostics, &read, &list, tree.files.size());
  reader.text("command line", text, directives);
  move_files(reader, tree);
  tree.directives.insert(tree.directives.begin(), std::make_move_iterator(directives.begin()),
                         std::make_move_iterator(directives.end()));
}

std::vector<Directive> parse_text(std::string_view text, Diagnostics& diagnostics) {
  std::vector<Directive> directives;
  std::string no_prefix;
  Reader reader(no_prefix, diagnostics, nullptr, nullptr, 0);
  reader.text({}, std::string(text), directives);
  return directives;
}

}  // namespace conf
