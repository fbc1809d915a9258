// Random stories are played against the proxy, and every answer is held against the reference model.
//   MODEL_STORIES=N   how many (default 2000)
//   MODEL_SEED=N      of the first one; each has the seed after that of the one before it
#include <criterion/criterion.h>

#include <cstdlib>

#include "t/unit/model/fields.h"
#include "t/unit/model/story.h"

namespace {

uint64_t number_from_environment(const char* name, uint64_t usual) {
  const char* text = std::getenv(name);
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

}  // namespace

Test(rfc9111, the_cache_does_what_the_model_allows, .timeout = 600) {
  model::World world;
  uint64_t first = number_from_environment("MODEL_SEED", 1);
  uint64_t count = number_from_environment("MODEL_STORIES", 2000);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    std::mt19937_64 random(seed);
    model::Story story = model::random_story(random);
    if (model::play(world, story).empty()) continue;
    // Once more: a machine that stood still for a second is no fault of the cache.
    if (model::play(world, story).empty()) continue;
    story = model::shorten(world, story);
    std::string complaint = model::play(world, story);
    cr_assert_fail("seed %lu:\n%s%s", seed, model::print(story).c_str(), complaint.c_str());
  }
}

Test(rfc9111, dates_have_three_forms) {
  for (const char* form :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    cr_assert(model::read_date(form) == 784111777, "%s", form);
  }
  cr_assert(!model::read_date("0"));
  cr_assert(model::write_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
}
