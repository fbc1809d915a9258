#include "proto/h2/priority.h"

#include "base/text.h"

namespace h2 {
namespace {

// RFC 9218 §4: u is an integer of 0 to 7, i a boolean.
void read(std::string_view text, nghttp2_extpri& priority) {
  base::split(text, ',', [&](std::string_view part) {
    part = part.substr(0, part.find(';'));
    if (part.size() == 3 && part.starts_with("u=") && part[2] >= '0' && part[2] <= '7') {
      priority.urgency = static_cast<uint32_t>(part[2] - '0');
    } else if (part == "i" || part == "i=?1") {
      priority.inc = 1;
    } else if (part == "i=?0") {
      priority.inc = 0;
    }
  });
}

}  // namespace

nghttp2_extpri merge_priority(std::string_view request, std::string_view response) {
  nghttp2_extpri priority = {NGHTTP2_EXTPRI_DEFAULT_URGENCY, 0};
  read(request, priority);
  read(response, priority);
  return priority;
}

}  // namespace h2
