// Finds the next byte that matters in text of the wire, sixteen at a time. Reads nothing at or behind `end`.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "http/syntax.h"

namespace h1 {

/// The first control character but HTAB (RFC 9110 §5.5: what ends or spoils a field value), or `end`.
inline const char* find_control(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - at >= 16; at += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    control = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control);
    control = _mm_or_si128(control, _mm_cmpeq_epi8(bytes, del));
    auto found = static_cast<unsigned>(_mm_movemask_epi8(control));
    if (found != 0) return at + __builtin_ctz(found);
  }
#endif
  while (at != end && !http::is(*at, http::kControl)) at++;
  return at;
}

/// How many control characters there are, HTAB not counted.
inline size_t count_controls(const char* at, const char* end) {
  size_t count = 0;
#if defined(__SSE2__)
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - at >= 16) {
    __m128i counts = _mm_setzero_si128();  // a byte each, which 255 rounds cannot overflow
    for (int round = 0; round < 255 && end - at >= 16; ++round, at += 16) {
      __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
      control = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control);
      control = _mm_or_si128(control, _mm_cmpeq_epi8(bytes, del));
      counts = _mm_sub_epi8(counts, control);
    }
    __m128i sums = _mm_sad_epu8(counts, _mm_setzero_si128());
    count += static_cast<size_t>(_mm_cvtsi128_si64(sums)) +
             static_cast<size_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)));
  }
#endif
  for (; at != end; ++at) count += http::is(*at, http::kControl) ? 1 : 0;
  return count;
}

/// The first byte that cannot stand in a request-target (space, control character, DEL), or `end`.
inline const char* find_target_end(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(0x20);
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - at >= 16; at += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i ends = _mm_cmpeq_epi8(_mm_min_epu8(bytes, space), bytes);
    ends = _mm_or_si128(ends, _mm_cmpeq_epi8(bytes, del));
    auto found = static_cast<unsigned>(_mm_movemask_epi8(ends));
    if (found != 0) return at + __builtin_ctz(found);
  }
#endif
  while (at != end && http::is(*at, http::kTarget)) at++;
  return at;
}

}  // namespace h1
