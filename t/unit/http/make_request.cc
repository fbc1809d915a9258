#include "http/make_request.h"

#include <criterion/criterion.h>

#include <string>
#include <utility>
#include <vector>

using http::Framing;
using http::Request;
using http::Version;

namespace {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

struct Made {
  base::Arena arena;
  Request request{arena};
  Made(http::ReceivedHead head, const Pairs& pairs, Framing wire = Framing::none, bool secure = false) {
    for (auto [name, value] : pairs) request.fields.add(name, value);
    request.framing = wire;
    http::make_request(head, http::HeadLimits(), secure, request);
  }
};

http::ReceivedHead h1(std::string_view method, std::string_view target, Version version = Version::http11) {
  return {method, target, {}, {}, {}, version};
}

int status_of(http::ReceivedHead head, const Pairs& pairs) {
  Made made(head, pairs);
  if (made.request.refused != 0) cr_assert(!made.request.keep_alive && !made.request.refused_why.empty());
  return made.request.refused;
}

}  // namespace

Test(make_request, a_plain_get_is_understood) {
  Made made(h1("GET", "/a%20b//c/./../d?x=1"), {{"Host", "Example.COM.:8080"}});
  const Request& r = made.request;
  cr_assert_eq(r.refused, 0);
  cr_assert(r.host == "example.com" && r.port == 8080 && r.authority == "Example.COM.:8080");
  cr_assert(r.path == "/a b/d" && r.query == "x=1" && r.target == "/a%20b//c/./../d?x=1");
  cr_assert(r.framing == Framing::none && r.keep_alive && r.scheme == "http");
  cr_assert(r.request_line == "GET /a%20b//c/./../d?x=1 HTTP/1.1");
}

Test(make_request, lengths_that_two_readers_could_read_differently_are_refused) {  // RFC 9112 §6.3
  const Pairs bad[] = {
      {{"Content-Length", "5"}, {"Content-Length", "5"}},
      {{"Content-Length", "5"}, {"Content-Length", "6"}},
      {{"Content-Length", "5, 5"}},
      {{"Content-Length", "+5"}},
      {{"Content-Length", "-1"}},
      {{"Content-Length", "5 5"}},
      {{"Content-Length", "0x5"}},
      {{"Content-Length", ""}},
      {{"Content-Length", "18446744073709551616"}},
      {{"Content-Length", "9223372036854775808"}},
      {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}},
      {{"Content-Length", "0"}, {"Transfer-Encoding", "chunked"}},
      {{"Transfer-Encoding", "gzip"}},
      {{"Transfer-Encoding", "identity"}},
      {{"Transfer-Encoding", ""}},
      {{"Transfer-Encoding", "chunked, gzip"}},
      {{"Transfer-Encoding", "chunked, chunked"}},
      {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
      {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "identity"}},
      {{"Transfer-Encoding", "xchunked"}},
      {{"Transfer-Encoding", "chunked;q=1"}},
      {{"Transfer-Encoding", "\"chunked\""}},
  };
  for (Pairs pairs : bad) {
    pairs.push_back({"Host", "a"});
    cr_assert_eq(status_of(h1("POST", "/"), pairs), 400, "%.*s", int(pairs[0].second.size()),
                 pairs[0].second.data());
  }
  cr_assert_eq(status_of(h1("POST", "/"), {{"Host", "a"}, {"Transfer-Encoding", "gzip, chunked"}}), 501);
  cr_assert_eq(status_of(h1("POST", "/", Version::http10), {{"Host", "a"}, {"Transfer-Encoding", "chunked"}}),
               400);
}

Test(make_request, one_framing_is_taken) {
  Made length(h1("POST", "/"), {{"Host", "a"}, {"Content-Length", "0042"}});
  cr_assert(length.request.framing == Framing::length && length.request.content_length == 42);
  Made chunked(h1("POST", "/"), {{"Host", "a"}, {"transfer-encoding", " Chunked "}});
  cr_assert(chunked.request.framing == Framing::streamed);
  Made none(h1("POST", "/"), {{"Host", "a"}, {"Content-Length", "0"}});
  cr_assert(none.request.framing == Framing::none && none.request.refused == 0);
}

Test(make_request, host_must_be_there_once_and_be_a_host) {  // RFC 9112 §3.2
  cr_assert_eq(status_of(h1("GET", "/"), {}), 400);
  cr_assert_eq(status_of(h1("GET", "/", Version::http10), {}), 0);
  cr_assert_eq(status_of(h1("GET", "/"), {{"Host", "a"}, {"Host", "a"}}), 400);
  for (std::string_view host :
       {"",  "a b",  "a/b", "u@a", "a:b",  "a:65536", "a:0",   "[::1", "[::g]",  "[1.2.3.4]", "a..",
        ".", "a..b", ".a",  "a%2", "a\\b", "a,b:1:2", "a\x80", "a\tb", "[::1]x", "a:1:2",     "\"a\""}) {
    cr_assert_eq(status_of(h1("GET", "/"), {{"Host", host}}), 400, "%.*s", int(host.size()), host.data());
  }
  for (std::string_view host :
       {"a", "a:80", "a:", "1.2.3.4", "[::1]", "[::1]:443", "a_b", "A-1.example.", "a%41"}) {
    cr_assert_eq(status_of(h1("GET", "/"), {{"Host", host}}), 0, "%.*s", int(host.size()), host.data());
  }
}

Test(make_request, absolute_form_overrides_host) {  // RFC 9112 §3.2.2
  Made made(h1("GET", "HTTP://Other:81/x?y"), {{"Host", "a"}});
  cr_assert_eq(made.request.refused, 0);
  cr_assert(made.request.host == "other" && made.request.port == 81 && made.request.target == "/x?y");
  cr_assert(made.request.fields.get(http::Name::host) == "Other:81");
  Made bare(h1("GET", "http://o?q"), {{"Host", "o"}});
  cr_assert(bare.request.target == "/?q" && bare.request.path == "/" && bare.request.query == "q");
  Made options(h1("OPTIONS", "http://o"), {{"Host", "o"}});
  cr_assert(options.request.target == "*");
  cr_assert_eq(status_of(h1("GET", "http://u@o/"), {{"Host", "o"}}), 400);
  cr_assert_eq(status_of(h1("GET", "ftp://o/"), {{"Host", "o"}}), 400);
  cr_assert_eq(status_of(h1("GET", "http:///x"), {{"Host", "o"}}), 400);
  cr_assert_eq(status_of(h1("GET", "http://o/"), {}), 400);
}

Test(make_request, each_target_form_belongs_to_its_methods) {
  Pairs host = {{"Host", "a"}};
  cr_assert_eq(status_of(h1("OPTIONS", "*"), host), 0);
  cr_assert_eq(status_of(h1("GET", "*"), host), 400);
  cr_assert_eq(status_of(h1("GET", "a:80"), host), 400);
  cr_assert_eq(status_of(h1("GET", "x/y"), host), 400);
  cr_assert_eq(status_of(h1("GET", ""), host), 400);
  cr_assert_eq(status_of(h1("GET", "/\x01"), host), 400);
  cr_assert_eq(status_of(h1("GET", "/\x7f"), host), 400);
  cr_assert_eq(status_of(h1("GET", "/a b"), host), 400);
  cr_assert_eq(status_of(h1("GET", "/#x"), host), 400);
  cr_assert_eq(status_of(h1("GET", std::string_view("/\0", 2)), host), 400);
  cr_assert_eq(status_of(h1("GET", "/%00"), host), 400);
  cr_assert_eq(status_of(h1("GET", "/%zz"), host), 400);
  cr_assert_eq(status_of(h1("GET", "/../a"), host), 400);
  cr_assert_eq(status_of(h1("CONNECT", "a:443"), host), 0);
  cr_assert_eq(status_of(h1("CONNECT", "a"), host), 400);
  cr_assert_eq(status_of(h1("CONNECT", "/"), host), 400);
  cr_assert_eq(status_of(h1("G T", "/"), host), 400);
}

Test(make_request, connection_and_version_decide_keep_alive) {
  auto keeps = [](Version version, std::string_view connection) {
    return Made(h1("GET", "/", version), {{"Host", "a"}, {"Connection", connection}}).request.keep_alive;
  };
  cr_assert(keeps(Version::http11, ""));
  cr_assert(!keeps(Version::http11, "x, Close"));
  cr_assert(!keeps(Version::http10, ""));
  cr_assert(keeps(Version::http10, "Keep-Alive"));
  cr_assert(!keeps(Version::http10, "keep-alive, close"));
}

Test(make_request, upgrade_needs_connection_and_is_never_h2c) {
  Made ws(h1("GET", "/"), {{"Host", "a"}, {"Connection", "Upgrade"}, {"Upgrade", "websocket"}});
  cr_assert(ws.request.upgrade == "websocket");
  Made alone(h1("GET", "/"), {{"Host", "a"}, {"Upgrade", "websocket"}});
  cr_assert(alone.request.upgrade.empty());
  Made h2c(h1("GET", "/"), {{"Host", "a"}, {"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}});
  cr_assert(h2c.request.upgrade.empty());
}

Test(make_request, continue_is_expected_only_with_a_body_in_http11) {
  cr_assert(Made(h1("PUT", "/"), {{"Host", "a"}, {"Expect", "100-Continue"}, {"Content-Length", "1"}})
                .request.expects_continue);
  cr_assert(!Made(h1("PUT", "/"), {{"Host", "a"}, {"Expect", "100-continue"}}).request.expects_continue);
  cr_assert(!Made(h1("PUT", "/", Version::http10), {{"Expect", "100-continue"}, {"Content-Length", "1"}})
                 .request.expects_continue);
}

Test(make_request, h2_names_the_host_in_authority) {  // RFC 9113 §8.3.1
  http::ReceivedHead head{"GET", "/x", "https", "A.example", {}, Version::http2};
  Made made(head, {}, Framing::none, true);
  cr_assert_eq(made.request.refused, 0);
  cr_assert(made.request.host == "a.example" && made.request.fields.get("host") == "A.example");
  cr_assert(made.request.scheme == "https");
  cr_assert_eq(status_of(head, {{"host", "b"}}), 400);
  cr_assert_eq(status_of(head, {{"connection", "close"}}), 400);
  cr_assert_eq(status_of(head, {{"transfer-encoding", "chunked"}}), 400);
  cr_assert_eq(status_of(head, {{"te", "gzip"}}), 400);
  cr_assert_eq(status_of(head, {{"te", "trailers"}}), 0);
  cr_assert_eq(status_of(head, {{"content-length", "5"}}), 400);  // the stream has ended already
  Made body(head, {{"content-length", "5"}}, Framing::streamed);
  cr_assert(body.request.framing == Framing::length && body.request.content_length == 5);
}

Test(make_request, paths_normalise) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/", "/"},
      {"/a/b", "/a/b"},
      {"/a//b", "/a/b"},
      {"//", "/"},
      {"/./", "/"},
      {"/.", "/"},
      {"/a/.", "/a/"},
      {"/a/..", "/"},
      {"/a/../", "/"},
      {"/a/b/../c", "/a/c"},
      {"/a/%2e%2E/c", "/c"},
      {"/a%2fb", "/a/b"},
      {"/...", "/..."},
      {"/.a", "/.a"},
      {"/a/.b/..c", "/a/.b/..c"},
      {"/%41", "/A"},
      {"/a/./b", "/a/b"},
      {"/a///../b", "/b"},
      {"/%3f%23", "/?#"},
      {"/a/b/../../c", "/c"},
  };
  for (auto [raw, expected] : cases) {
    base::Arena arena;
    std::string_view path;
    cr_assert(http::normalise_path(raw, true, arena, path), "%.*s", int(raw.size()), raw.data());
    cr_assert(path == expected, "%.*s gave %.*s", int(raw.size()), raw.data(), int(path.size()), path.data());
  }
  base::Arena arena;
  std::string_view path;
  cr_assert(http::normalise_path("/a//b", false, arena, path) && path == "/a//b");
  for (std::string_view raw :
       {"/..", "/../", "/a/../..", "/%2e%2e/x", "/%", "/%4", "/%gg", "/%00", "", "x"}) {
    cr_assert(!http::normalise_path(raw, true, arena, path), "%.*s", int(raw.size()), raw.data());
  }
}

Test(make_request, hop_by_hop_fields_and_what_connection_names_are_removed) {  // RFC 9110 §7.6.1
  base::Arena arena;
  http::Fields fields(arena);
  for (auto [name, value] : Pairs{{"Host", "a"},
                                  {"Connection", "X-One, close"},
                                  {"connection", "via, host"},
                                  {"x-one", "1"},
                                  {"Via", "2"},
                                  {"Keep-Alive", "3"},
                                  {"TE", "trailers"},
                                  {"Trailer", "X"},
                                  {"Upgrade", "u"},
                                  {"Proxy-Connection", "p"},
                                  {"Transfer-Encoding", "chunked"},
                                  {"X-Two", "2"}}) {
    fields.add(name, value);
  }
  http::remove_hop_by_hop(fields);
  cr_assert_eq(fields.size(), 3);
  cr_assert(fields.has(http::Name::host) && fields.has(http::Name::trailer) && fields.get("x-two") == "2");
}
