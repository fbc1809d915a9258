#include "modules/referers/referers.h"

#include "t/unit/exchange/rig.h"

namespace {
std::string invalid(std::string_view referers, std::optional<std::string_view> value) {
  rig::Rig rig(referers, {&referers::kModule}, conf::kLocation);
  if (value) rig.stream.request().fields.add("Referer", *value);
  return rig.evaluate("[$invalid_referer]");
}
}  // namespace

Test(referers, names_and_paths) {
  constexpr std::string_view kOurs =
      "valid_referers server_names *.example.com www.example.* example.org/ok/ ~\\.google\\.;";
  rig::same(invalid(kOurs, "http://first.example/x"), "[]");
  rig::same(invalid(kOurs, "https://a.B.example.com:8080/"), "[]");
  rig::same(invalid(kOurs, "https://example.com/"), "[1]");
  rig::same(invalid(kOurs, "http://www.example.net"), "[]");
  rig::same(invalid(kOurs, "http://example.org/ok/page"), "[]");
  rig::same(invalid(kOurs, "http://example.org/no"), "[1]");
  rig::same(invalid(kOurs, "http://www.google.de/"), "[]");
  rig::same(invalid(kOurs, std::nullopt), "[1]");
  rig::same(invalid(kOurs, "hidden"), "[1]");
}

Test(referers, none_and_blocked) {
  rig::same(invalid("valid_referers none blocked;", std::nullopt), "[]");
  rig::same(invalid("valid_referers none blocked;", "hidden"), "[]");
  rig::same(invalid("valid_referers none blocked;", "http://x/"), "[1]");
  rig::same(invalid("", "http://x/"), "[]");
}
