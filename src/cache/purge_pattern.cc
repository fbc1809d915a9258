#include "cache/purge_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace cache {

namespace {

/// Steps and bytes one match may take.
constexpr uint32_t kMostSteps = 100000;
constexpr uint32_t kMostDepth = 1000;

}  // namespace

struct PurgePattern::Code {
  Code(pcre2_code* compiled, pcre2_match_data* block, pcre2_match_context* limits)
      : code(compiled), match(block), context(limits) {}
  ~Code() {
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  pcre2_code* code;
  pcre2_match_data* match;
  pcre2_match_context* context;
};

PurgePattern::PurgePattern(std::unique_ptr<Code> code) : code_(std::move(code)) {}
PurgePattern::PurgePattern(PurgePattern&&) noexcept = default;
PurgePattern& PurgePattern::operator=(PurgePattern&&) noexcept = default;
PurgePattern::~PurgePattern() = default;

base::Result<PurgePattern> PurgePattern::compile(std::string_view pattern) {
  int code = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* compiled =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), 0, &code, &at, nullptr);
  if (compiled == nullptr) {
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(code, text, sizeof text);
    return base::fail("expression \"{}\": {} at {}", pattern, reinterpret_cast<const char*>(text), at);
  }
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(context, kMostSteps);
  pcre2_set_depth_limit(context, kMostDepth);
  return PurgePattern(
      std::make_unique<Code>(compiled, pcre2_match_data_create_from_pattern(compiled, nullptr), context));
}

bool PurgePattern::matches(std::string_view text) const {
  int found = pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                          code_->match, code_->context);
  return found != PCRE2_ERROR_NOMATCH;
}

}  // namespace cache
