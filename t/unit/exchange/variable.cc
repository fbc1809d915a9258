#include "exchange/variable.h"

#include "t/unit/exchange/rig.h"

using exchange::Value;

namespace {
int evaluations = 0;
Value counted(exchange::Subject& subject, std::string_view, const void*) {
  return {subject.arena.copy(std::to_string(++evaluations))};
}
}  // namespace

Test(variable, core_values) {
  rig::Rig rig;
  http::Request& request = rig.stream.request();
  request.query = "a=1&B=two&a=3";
  request.target = "/x%20y?a=1";
  request.path = "/x y";
  request.fields.add("X-Some-Thing", "one");
  request.fields.add("X-Some-Thing", "two");
  request.fields.add("Cookie", "k=v; session=\"s\"");
  rig::same(rig.evaluate("$remote_addr:$remote_port"), "192.0.2.7:4711");
  rig::same(rig.evaluate("$server_addr:$server_port"), "198.51.100.1:80");
  rig::same(rig.evaluate("$uri|$document_uri|$request_uri"), "/x y|/x y|/x%20y?a=1");
  rig::same(rig.evaluate("$arg_a $arg_b$arg_c"), "1 two");
  rig::same(rig.evaluate("$is_args$args"), "?a=1&B=two&a=3");
  rig::same(rig.evaluate("$http_x_some_thing"), "one, two");
  rig::same(rig.evaluate("$cookie_k $cookie_session"), "v \"s\"");
  rig::same(rig.evaluate("$server_name $host $connection $connection_requests"),
            "first.example example.org 7 2");
  rig::same(rig.evaluate("$server_protocol$https"), "HTTP/1.1");
}

Test(variable, host_falls_back_to_the_server_name) {
  rig::Rig rig;
  rig.stream.request().host = {};
  rig::same(rig.evaluate("$host"), "first.example");
}

Test(variable, port_of_the_host_field) {
  rig::Rig rig;
  rig::same(rig.evaluate("[$is_request_port$request_port]"), "[]");
  rig.stream.request().port = 8080;
  rig::same(rig.evaluate("[$is_request_port$request_port]"), "[:8080]");
}

Test(variable, sent_fields_and_what_the_wire_computes) {
  rig::Rig rig;
  http::Response& head = rig.exchange().reply.head;
  head.fields.add("Content-Type", "text/css");
  head.framing = http::Framing::length;
  head.content_length = 12;
  head.status = 404;
  rig::same(rig.evaluate("$status $sent_http_content_type $sent_http_content_length $sent_http_connection"),
            "404 text/css 12 keep-alive");
}

Test(variable, request_id_is_one_per_exchange) {
  rig::Rig rig;
  std::string id = rig.evaluate("$request_id");
  cr_assert_eq(id.size(), 32u);
  rig::same(rig.evaluate("$request_id"), id);
}

Test(variable, args_can_be_set) {
  rig::Rig rig;
  uint32_t index = rig.builder.variables().slot("args");
  rig.exchange().set_variable(index, "x=9");
  rig::same(rig.evaluate("$query_string $arg_x"), "x=9 9");
}

Test(variable, built_in_is_fixed) {
  rig::Rig rig;
  cr_assert(rig.builder.variables().fixed("uri"));
  cr_assert_not(rig.builder.variables().fixed("args"));
  cr_assert_not(rig.builder.variables().fixed("mine"));
  cr_assert_not(rig.builder.variables().define_from_block("uri", counted, nullptr, true).has_value());
}

Test(variable, cached_is_evaluated_once_until_forgotten) {
  rig::Rig rig;
  evaluations = 0;
  cr_assert(rig.builder.variables().define_from_block("counted", counted, nullptr, true).has_value());
  rig::same(rig.evaluate("$counted$counted"), "11");
  rig.exchange().forget_cached_variables();
  rig::same(rig.evaluate("$counted"), "2");
}

Test(variable, a_set_value_is_not_forgotten) {
  rig::Rig rig;
  uint32_t index = rig.builder.variables().slot("mine");
  rig.exchange().set_variable(index, "kept");
  rig.exchange().forget_cached_variables();
  rig::same(rig.evaluate("$mine"), "kept");
}

Test(variable, uninitialised_is_empty_and_logged) {
  rig::Rig rig;
  rig.builder.variables().slot("mine");
  rig::same(rig.evaluate("[$mine]"), "[]");
  cr_assert(rig.log_.has(
      "using uninitialized \"mine\" variable, client: 192.0.2.7, server: first.example, request: \"GET / "
      "HTTP/1.1\", host: \"example.org\""));
}

Test(variable, longest_prefix_wins) {
  rig::Rig rig;
  rig.exchange().reply.head.fields.add("X-A", "sent");
  rig.stream.request().fields.add("X-A", "received");
  rig::same(rig.evaluate("$sent_http_x_a $http_x_a"), "sent received");
}

Test(variable, remote_user_of_the_credentials) {
  rig::Rig rig;
  rig.stream.request().fields.add("Authorization", "Basic am9lOnNlY3JldA==");
  rig::same(rig.evaluate("$remote_user"), "joe");
}

Test(variable, invalid_limit_rate_is_logged_and_ignored) {
  rig::Rig rig;
  uint32_t index = rig.builder.variables().slot("limit_rate");
  rig.exchange().set_variable(index, "10k");
  rig.exchange().set_variable(index, "much");
  cr_assert_eq(rig.exchange().limit_rate.value_or(0), 10240u);
  cr_assert(rig.log_.has("invalid $limit_rate"));
}
