#include "proto/h1/parser.h"

#include <criterion/criterion.h>

#include <cstring>
#include <memory>
#include <string>

using h1::Parsed;
using h1::Parser;

namespace {

// What a parser saw, as text that can be compared.
struct Seen {
  Parsed outcome = Parsed::more;
  int status = 0;
  std::string text;
  bool operator==(const Seen&) const = default;
};

struct Rules {
  Parser::Kind kind = Parser::Kind::request;
  h1::ParserLimits limits;
  http::HeadLimits names;
};

std::string describe(const Parser& parser, const Rules& rules, const char* data, const http::Fields& fields) {
  std::string text;
  if (rules.kind != Parser::Kind::trailers) text = std::string(parser.start_line(data)) + "|";
  if (rules.kind == Parser::Kind::request) {
    text += std::string(parser.method(data)) + "|" + std::string(parser.target(data)) + "|" +
            std::string(http::version_text(parser.version())) + "|";
  } else if (rules.kind == Parser::Kind::response) {
    text += std::to_string(parser.response_status()) + "|" + std::string(parser.reason(data)) + "|";
  }
  for (const http::Field& field : fields)
    text += std::string(field.name) + "=" + std::string(field.value) + ";";
  return text + std::to_string(parser.size());
}

// Feeds the head in pieces of `step` bytes, into memory that ends with the last byte and moves each time.
Seen feed(std::string_view head, size_t step, const Rules& rules) {
  base::Arena arena;
  http::Fields fields(arena);
  Parser parser(rules.kind, rules.limits, rules.names, fields);
  std::unique_ptr<char[]> data;
  Seen seen;
  for (size_t size = std::min(step, head.size());; size = std::min(size + step, head.size())) {
    std::unique_ptr<char[]> moved(new char[size]);
    std::memcpy(moved.get(), head.data(), size);
    parser.moved(data.get(), moved.get());
    data = std::move(moved);
    seen.outcome = parser.parse(data.get(), size);
    if (seen.outcome != Parsed::more || size == head.size()) break;
  }
  seen.status = seen.outcome == Parsed::bad ? parser.status() : 0;
  if (seen.outcome == Parsed::bad) cr_assert(!parser.why().empty());
  if (seen.outcome == Parsed::done) seen.text = describe(parser, rules, data.get(), fields);
  return seen;
}

// The same answer however the bytes are cut.
Seen parse(std::string_view head, const Rules& rules = Rules()) {
  Seen whole = feed(head, head.size(), rules);
  for (size_t step = 1; step < head.size() && step < 40; step++) {
    Seen cut = feed(head, step, rules);
    cr_assert(cut == whole, "step %zu: %s / %d, whole: %s / %d: %.*s", step, cut.text.c_str(), cut.status,
              whole.text.c_str(), whole.status, int(head.size()), head.data());
  }
  return whole;
}

Rules of_kind(Parser::Kind kind) {
  Rules rules;
  rules.kind = kind;
  return rules;
}

}  // namespace

Test(parser, a_request_head_is_read) {
  Seen seen = parse(
      "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nX-Empty:\r\nX-Blank: \t \r\nX-Text:\t a b\tc "
      "\t\r\n\r\nbody");
  cr_assert_str_eq(
      seen.text.c_str(),
      "GET /a?b=c HTTP/1.1|GET|/a?b=c|HTTP/1.1|Host=example.com;X-Empty=;X-Blank=;X-Text=a b\tc;83");
}

Test(parser, versions) {
  cr_assert(parse("GET / HTTP/1.0\r\n\r\n").text.starts_with("GET / HTTP/1.0|GET|/|HTTP/1.0|"));
  cr_assert(parse("GET / HTTP/1.9\r\n\r\n").text.starts_with("GET / HTTP/1.9|GET|/|HTTP/1.1|"));
  cr_assert_eq(parse("GET / HTTP/2.0\r\n\r\n").status, 505);
  cr_assert_eq(parse("GET / HTTP/0.9\r\n\r\n").status, 505);
  cr_assert_eq(parse("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status, 505);
}

Test(parser, empty_lines_before_a_request_are_passed_over) {  // RFC 9112 §2.2
  cr_assert(parse("\r\n\r\nGET / HTTP/1.1\r\n\r\n").text.starts_with("GET / HTTP/1.1|GET|/|HTTP/1.1|"));
  cr_assert_eq(parse("\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n").status, 400);
}

Test(parser, what_is_no_request_is_refused) {
  const std::string_view bad[] = {
      "GET /\r\n\r\n",
      "GET\r\n\r\n",
      "\n",
      "\r\r\n",
      " GET / HTTP/1.1\r\n\r\n",
      "GET  / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1 \r\n\r\n",
      "GET /  HTTP/1.1\r\n\r\n",
      "GET / x HTTP/1.1\r\n\r\n",
      "GET\t/ HTTP/1.1\r\n\r\n",
      "G@T / HTTP/1.1\r\n\r\n",
      "GET / http/1.1\r\n\r\n",
      "GET / HTTP/1.10\r\n\r\n",
      "GET / HTTP/1\r\n\r\n",
      "GET / HTTP/11\r\n\r\n",
      "GET / HTTP/1.1\n\r\n",
      "GET / HTTP/1.1\n\n",
      "GET / HTTP/1.1\rX",
      "GET /\x01 HTTP/1.1\r\n\r\n",
      "GET /\x7f HTTP/1.1\r\n\r\n",
      std::string_view("GET /\0 HTTP/1.1\r\n\r\n", 19),
      "\x16\x03\x01\x02",
      "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n",
      "GET / HTTP/1.1\r\n: b\r\n\r\n",
      "GET / HTTP/1.1\r\nA\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\n\r\n",
      "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\n\n",
      "GET / HTTP/1.1\r\nA: b\r\n\rx",
      "GET / HTTP/1.1\r\nA: \x0b\r\n\r\n",
      "GET / HTTP/1.1\r\nA: \x7f\r\n\r\n",
      "GET / HTTP/1.1\r\nA\x01: b\r\n\r\n",
      std::string_view("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24),
      std::string_view("GET / HTTP/1.1\r\nA\0: b\r\n\r\n", 25),
  };
  for (std::string_view head : bad) {
    Seen seen = parse(head);
    cr_assert(seen.outcome == Parsed::bad && seen.status == 400, "%.*s", int(head.size()), head.data());
  }
}

Test(parser, controls_are_found_at_every_place_of_a_long_value) {
  for (size_t length = 0; length < 70; length++) {
    for (char c : {'\0', '\n', '\x1f', '\x7f'}) {
      std::string value(length, 'v');
      std::string head = "GET / HTTP/1.1\r\nA: " + value + c + "v\r\n\r\n";
      cr_assert(feed(head, head.size(), Rules()).outcome == Parsed::bad, "length %zu", length);
    }
    std::string value = "v" + std::string(length, 'v') + "\t\x80\xff ~v";
    std::string head = "GET /" + value.substr(0, length) + " HTTP/1.1\r\nA: " + value + "\r\n\r\n";
    cr_assert(feed(head, head.size(), Rules()).text.find("A=" + value + ";") != std::string::npos);
  }
}

Test(parser, odd_names_follow_the_configuration) {
  std::string_view head = "GET / HTTP/1.1\r\nX_a: 1\r\nX.b: 2\r\nX(c: 3\r\nD: 4\r\n\r\n";
  Rules rules;
  cr_assert(parse(head, rules).text.ends_with("|D=4;" + std::to_string(head.size())));
  rules.names.underscores_in_headers = true;
  cr_assert(parse(head, rules).text.ends_with("|X_a=1;D=4;" + std::to_string(head.size())));
  rules.names.ignore_invalid_headers = false;
  cr_assert_eq(parse(head, rules).status, 400);
}

Test(parser, limits_are_told_apart) {
  Rules rules;
  rules.limits = {64, 160, 3};
  std::string line(64 - 16, 'a');  // "GET / HTTP/1.1\r\n" is 16 bytes
  cr_assert(parse("GET /" + line + " HTTP/1.1\r\n\r\n", rules).outcome == Parsed::done);
  cr_assert_eq(parse("GET /" + line + "a HTTP/1.1\r\n\r\n", rules).status, 414);
  cr_assert_eq(parse("GET /" + std::string(200, 'a'), rules).status, 414);
  std::string value(64 - 5, 'v');  // "A: " and CRLF
  cr_assert(parse("GET / HTTP/1.1\r\nA: " + value + "\r\n\r\n", rules).outcome == Parsed::done);
  cr_assert_eq(parse("GET / HTTP/1.1\r\nA: " + value + "v\r\n\r\n", rules).status, 431);
  cr_assert_eq(parse("GET / HTTP/1.1\r\nA: " + value + value, rules).status, 431);
  cr_assert_eq(
      parse("GET / HTTP/1.1\r\nA: " + value + "\r\nB: " + value + "\r\nC: " + value + "\r\n\r\n", rules)
          .status,
      431);
  cr_assert(parse("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", rules).outcome == Parsed::done);
  cr_assert_eq(parse("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", rules).status, 431);
}

Test(parser, a_response_head_is_read) {
  Rules rules = of_kind(Parser::Kind::response);
  cr_assert(parse("HTTP/1.1 404 Not \xc3\xa9t\xe9\r\nA: b\r\n\r\n", rules).text ==
            "HTTP/1.1 404 Not \xc3\xa9t\xe9|404|Not \xc3\xa9t\xe9|A=b;31");
  cr_assert(parse("HTTP/1.0 200 \r\n\r\n", rules).text == "HTTP/1.0 200 |200||17");
  cr_assert(parse("HTTP/1.1 200\r\n\r\n", rules).text == "HTTP/1.1 200|200||16");
}

Test(parser, what_is_no_response_is_refused) {
  Rules rules = of_kind(Parser::Kind::response);
  for (std::string_view head :
       {"HTTP/2.0 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 200 O\nK\r\n\r\n",
        "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nA: b\n\r\n", "HTTP/1.1 200 OK\r\nA b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n A: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "<html>\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n",
        "HTTP/1.1 +20 OK\r\n\r\n"}) {
    cr_assert(parse(head, rules).outcome == Parsed::bad, "%.*s", int(head.size()), head.data());
  }
}

Test(parser, trailers_are_fields_alone) {
  Rules rules = of_kind(Parser::Kind::trailers);
  cr_assert(parse("\r\nrest", rules).text == "2");
  cr_assert(parse("A: 1\r\nB: 2\r\n\r\n", rules).text == "A=1;B=2;14");
  cr_assert(parse("A: 1\n\r\n", rules).outcome == Parsed::bad);
}
