// What happens to a cache, one thing after the other: time passes, the origin has another version of
// something, a client asks. Made at random from a seed, printed, and made shorter while it still fails.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "t/unit/model/world.h"

namespace model {

/// What the origin will say if it is asked in this step.
struct Reply {
  enum class Kind { usual, fails, status } kind = Kind::usual;
  int status = 200;
  Fields fields;          ///< Cache-Control, Expires and the like, as they are sent
  bool has_tag = false;   ///< sends ETag, a weak one of "b"
  bool modified = false;  ///< sends Last-Modified
  int64_t skew = 0;       ///< its clock is so much behind ours
  bool has_date = true;
  int64_t expires = -1;  ///< so many seconds after its Date; less: no Expires
  int64_t takes = 0;     ///< seconds until it answers
};

struct Step {
  enum class Kind { pass, change, ask } kind = Kind::ask;
  int64_t seconds = 0;
  Request request;  ///< its target is relative: "a", "b"
  Reply reply;
};

using Story = std::vector<Step>;

Story random_story(std::mt19937_64& random);
std::string print(const Story& story);

/// Plays it; what the model complained about, and in which step, or empty.
std::string play(World& world, const Story& story);

/// A shorter story that fails as well: steps, fields and numbers that are not needed are left out.
Story shorten(World& world, Story story);

}  // namespace model
