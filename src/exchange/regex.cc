#define PCRE2_CODE_UNIT_WIDTH 8
#include "exchange/regex.h"

#include <pcre2.h>

#include "base/check.h"
#include "exchange/subject.h"

namespace exchange {
namespace {

// No request may make a match run for long: about a tenth of a second of backtracking, and 8 MiB of heap.
constexpr uint32_t kMatchLimit = 1'000'000;
constexpr uint32_t kHeapLimitKib = 8192;

}  // namespace

// Match block and limits are kept with the code: a process matches one text at a time.
struct Regex::Code {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
  pcre2_match_context* limits = nullptr;
  ~Code() {
    pcre2_match_context_free(limits);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
};

Regex::~Regex() = default;

base::Result<std::shared_ptr<const Regex>> Regex::compile(std::string_view pattern, bool ignore_case,
                                                          Variables* variables) {
  int error = 0;
  size_t offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   ignore_case ? PCRE2_CASELESS : 0, &error, &offset, nullptr);
  if (code == nullptr) {
    PCRE2_UCHAR text[128] = {};
    pcre2_get_error_message(error, text, sizeof text);
    return base::fail("pcre2_compile() failed: {} in \"{}\" at \"{}\"", reinterpret_cast<char*>(text),
                      pattern, pattern.substr(std::min(offset, pattern.size())));
  }

  std::shared_ptr<Regex> regex(new Regex());
  regex->pattern_ = std::string(pattern);
  regex->code_ = std::make_unique<Code>();
  regex->code_->code = code;
  regex->code_->match = pcre2_match_data_create_from_pattern(code, nullptr);
  regex->code_->limits = pcre2_match_context_create(nullptr);
  PC_CHECK(regex->code_->match != nullptr && regex->code_->limits != nullptr);
  pcre2_set_match_limit(regex->code_->limits, kMatchLimit);
  pcre2_set_heap_limit(regex->code_->limits, kHeapLimitKib);
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // without it (hardened kernels) matching is only slower

  base::Result<void> named = variables == nullptr ? base::Result<void>() : regex->name_groups(*variables);
  if (!named) return tl::unexpected(named.error());
  return regex;
}

base::Result<void> Regex::name_groups(Variables& variables) {
  uint32_t count = 0;
  uint32_t entry_size = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMECOUNT, &count);
  if (count == 0) return {};
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
  pcre2_pattern_info(code_->code, PCRE2_INFO_NAMETABLE, &table);
  for (uint32_t i = 0; i < count; ++i, table += entry_size) {
    int group = table[0] << 8 | table[1];
    std::string_view name(reinterpret_cast<const char*>(table + 2));
    if (variables.fixed(name)) return base::fail("the duplicate \"{}\" variable", name);
    named_.emplace_back(group, variables.slot(name));
  }
  return {};
}

int Regex::run(std::string_view text) const {
  PCRE2_SPTR subject = reinterpret_cast<PCRE2_SPTR>(text.data() == nullptr ? "" : text.data());
  int rc = pcre2_match(code_->code, subject, text.size(), 0, 0, code_->match, code_->limits);
  // The small stack of the compiled code was not enough: the interpreter has the heap, within its limit.
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT) {
    rc = pcre2_match(code_->code, subject, text.size(), 0, PCRE2_NO_JIT, code_->match, code_->limits);
  }
  return rc;
}

std::string_view Regex::group(std::string_view text, int index) const {
  const size_t* offsets = pcre2_get_ovector_pointer(code_->match);
  size_t from = offsets[2 * index];
  size_t to = offsets[2 * index + 1];
  return from == PCRE2_UNSET || to < from ? std::string_view() : text.substr(from, to - from);
}

void Regex::capture(std::string_view text, int groups, Captures& captures) const {
  captures.count = std::min(groups, static_cast<int>(std::size(captures.group)));
  for (int i = 0; i < captures.count; ++i) captures.group[i] = group(text, i);
}

bool Regex::match(std::string_view text, Captures* captures) const {
  int groups = run(text);
  if (groups <= 0) return false;
  if (captures != nullptr) capture(text, groups, *captures);
  return true;
}

bool Regex::match(std::string_view text, Subject& subject) const {
  int groups = run(text);
  if (groups == PCRE2_ERROR_NOMATCH) return false;
  if (groups <= 0) {
    subject.log(base::LogLevel::error, "matching \"{}\" failed: {} on \"{}\"", pattern_, groups, text);
    return false;
  }
  capture(text, groups, subject.captures);
  for (const auto& [number, variable] : named_) {
    subject.set_variable(variable, number < groups ? group(text, number) : std::string_view());
  }
  return true;
}

}  // namespace exchange
