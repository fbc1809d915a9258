#include "modules/headers/headers.h"

#include "t/unit/exchange/rig.h"

Test(headers, added_to_usual_statuses_or_always) {
  rig::Rig rig("add_header X-A $uri; add_header X-B b always; add_header X-C \"\";", {&headers::kModule});
  rig.exchange().reply.head.status = 200;
  rig.respond(headers::kModule);
  rig::same(rig.header("X-A") + rig.header("X-B"), "/b");
  cr_assert_not(rig.exchange().reply.head.fields.find("X-C") != nullptr);
  rig::Rig failed("add_header X-A $uri; add_header X-B b always;", {&headers::kModule});
  failed.exchange().reply.head.status = 404;
  failed.respond(headers::kModule);
  rig::same(failed.header("X-A") + failed.header("X-B"), "b");
}

Test(headers, a_line_end_begins_no_field) {
  rig::Rig rig("add_header X-A $uri;", {&headers::kModule});
  rig.stream.request().path = "/\r\nSet-Cookie: a=b";
  rig.exchange().reply.head.status = 200;
  rig.respond(headers::kModule);
  cr_assert_eq(rig.exchange().reply.head.fields.size(), 0u);
  cr_assert(rig.log_.has("cannot stand in a field"));
}

namespace {
std::string expires_of(std::string_view directive, std::string_view modified = "") {
  rig::Rig rig(directive, {&headers::kModule});
  rig.worker.clock().set_wall(1'000'000'000'000);  // Sun, 09 Sep 2001 01:46:40 GMT
  rig.exchange().reply.head.status = 200;
  if (!modified.empty()) rig.exchange().reply.head.fields.add("Last-Modified", modified);
  rig.respond(headers::kModule);
  return rig.header("Expires") + "|" + rig.header("Cache-Control");
}
}  // namespace

Test(headers, expires_forms) {
  rig::same(expires_of("expires 1h;"), "Sun, 09 Sep 2001 02:46:40 GMT|max-age=3600");
  rig::same(expires_of("expires -1;"), "Sun, 09 Sep 2001 01:46:39 GMT|no-cache");
  rig::same(expires_of("expires 0;"), "Sun, 09 Sep 2001 01:46:40 GMT|max-age=0");
  rig::same(expires_of("expires epoch;"), "Thu, 01 Jan 1970 00:00:01 GMT|no-cache");
  rig::same(expires_of("expires max;"), "Thu, 31 Dec 2037 23:55:55 GMT|max-age=315360000");
  rig::same(expires_of("expires off;"), "|");
  rig::same(expires_of("expires modified +1h;", "Sun, 09 Sep 2001 01:00:00 GMT"),
            "Sun, 09 Sep 2001 02:00:00 GMT|max-age=800");
  rig::same(expires_of("expires $scheme;"), "|");
}

Test(headers, trailers_make_the_body_streamed) {
  rig::Rig rig("add_trailer X-T $request_method;", {&headers::kModule});
  exchange::Exchange& exchange = rig.exchange();
  exchange.answer(200, "text/plain", "text");
  rig.respond(headers::kModule);
  cr_assert(exchange.reply.head.framing == http::Framing::streamed);
  rig::same(rig.read(*exchange.reply.body), "text");
  rig::same(exchange.reply.body->trailers()->get("X-T"), "GET");
  rig::same(rig.evaluate("$sent_trailer_x_t"), "GET");
}
