#include "modules/split_clients/split_clients.h"

#include "t/unit/exchange/rig.h"

namespace {
std::string error_of(std::string_view text, const exchange::Module& module) {
  rig::Rig rig(text, {&module});
  return rig.bind();
}
}  // namespace

Test(split_clients, hash_is_nginx_s) {
  // Computed with another implementation.
  cr_assert_eq(split_clients::murmur2(""), 0u);
  cr_assert_eq(split_clients::murmur2("a"), 2456313694u);
  cr_assert_eq(split_clients::murmur2("abc"), 324500635u);
  cr_assert_eq(split_clients::murmur2("hello world"), 1151865881u);
}

Test(split_clients, parts_have_their_size) {
  int first = 0;
  for (int i = 0; i < 2000; ++i) {
    rig::Rig rig("split_clients $http_id $g { 10.5% one; 20% two; * rest; }", {&split_clients::kModule});
    std::string id = fmt::format("client-{}", i);
    rig.stream.request().fields.add("Id", id);
    first += rig.evaluate("$g") == "one";
  }
  cr_assert(first > 150 && first < 270, "%d", first);
}

Test(split_clients, more_than_all_is_an_error) {
  rig::same(error_of("split_clients $uri $g { 60% a; 50% b; }", split_clients::kModule),
            "\"split_clients\": percent total is greater than 100%");
}
