#include "t/unit/conf/rows.h"

namespace {

// "line:column message" of each diagnostic, with "notice " or "warning " before the lesser ones.
std::vector<std::string> found(const std::string& text) {
  conf::Diagnostics diagnostics;
  conf::Tree tree = sample::tree_of(text, diagnostics);
  cr_assert(diagnostics.all().empty(), "%s", text.c_str());
  conf::Section core = sample::core();
  conf::Section frame = sample::frame();
  const conf::Section* sections[] = {&core, &frame};
  conf::check(tree, sections, diagnostics);
  std::vector<std::string> lines;
  for (const conf::Diagnostic& each : diagnostics.all()) {
    std::string kind = each.severity == conf::Severity::notice    ? "notice "
                       : each.severity == conf::Severity::warning ? "warning "
                                                                  : "";
    lines.push_back(fmt::format("{}:{} {}{}", each.at.line, each.at.column, kind, each.message));
  }
  return lines;
}

void finds(const std::string& text, const std::vector<std::string>& expected) {
  std::vector<std::string> lines = found(text);
  for (size_t i = 0; i < std::max(lines.size(), expected.size()); ++i) {
    cr_assert(i < lines.size(), "not found: %s", expected[i].c_str());
    cr_assert(i < expected.size(), "also found: %s", lines[i].c_str());
    cr_assert_eq(lines[i], expected[i], "%s", lines[i].c_str());
  }
}

}  // namespace

Test(check, a_sound_configuration_has_nothing_to_say) {
  finds(
      "user a b; events {} http { flag on; upstream u { server a weight=1; server b; }\n"
      "server { listen 80; listen 81; item a; item b; location / { internal; if ($a) { set $b 1; } } } }",
      {});
}

Test(check, a_directive_in_the_wrong_place_is_told_where_it_belongs) {
  finds("listen 80;", {"1:1 \"listen\" is not allowed in \"main\"; it may stand in: server"});
  finds("http { server { user x; } }", {"1:17 \"user\" is not allowed in \"server\"; it may stand in: main"});
  finds("server a;", {"1:1 \"server\" is not allowed in \"main\"; it may stand in: http, upstream"});
}

Test(check, what_a_misplaced_block_holds_is_still_judged) {
  finds("http { location / { internal; flat on; } }",
        {"1:8 \"location\" is not allowed in \"http\"; it may stand in: server, location",
         "1:31 unknown directive \"flat\", did you mean \"flag\"?"});
}

Test(check, the_number_of_arguments_is_checked) {
  finds("http { flag; }", {"1:8 \"flag\" takes 1 argument, not 0: flag on | off"});
  finds("http { flag on off; }", {"1:16 \"flag\" takes 1 argument, not 2: flag on | off"});
  finds("user;", {"1:1 \"user\" takes 1 to 2 arguments, not 0: user user [group]"});
  finds("events x {}", {"1:8 \"events\" takes no arguments, not 1: events"});
  finds("http { item; }", {"1:8 \"item\" takes at least 1 argument, not 0: item word ..."});
}

Test(check, blocks_stand_where_they_must_and_nowhere_else) {
  finds("http { flag on { x; } }", {"1:13 \"flag\" takes no block: \";\" must end it"});
  finds("http;", {"1:1 \"http\" needs a block: \"{\" must follow it"});
}

Test(check, a_second_one_is_a_duplicate_unless_it_may_be_repeated) {
  finds("user a;\nuser b;", {"2:1 \"user\" is duplicate: it stands already at command line:1"});
  finds("http { flag on; server { flag off; } }", {});
}

Test(check, names_that_only_tune_nginx_are_ignored_with_a_notice) {
  finds("http { sendfile on; types_hash_max_size 2048; server { sendfile off; } }",
        {"1:8 notice \"sendfile\" is ignored: it tunes nginx and changes no answer",
         "1:21 notice \"types_hash_max_size\" is ignored: it tunes nginx and changes no answer"});
  finds("load_module modules/ngx_x.so;",
        {"1:1 notice \"load_module\" is ignored: it tunes nginx and changes no answer"});
  finds("load_module x.wasm;", {"1:1 \"load_module\" is a directive of nginx that is not built yet"});
}

Test(check, other_directives_of_nginx_are_refused_by_name_once) {
  finds("http { gzip on; }\nmail { server { protocol imap; } }",
        {"1:8 \"gzip\" is a directive of nginx that is not built yet",
         "2:1 \"mail\" is a directive of nginx that is not built yet"});
  for (const char* name : {"fastcgi_pass",
                           "uwsgi_param",
                           "scgi_pass",
                           "memcached_pass",
                           "gunzip",
                           "ssl_certificate",
                           "http3_hq",
                           "proxy_socket_keepalive",
                           "dav_methods",
                           "flv",
                           "mp4",
                           "perl",
                           "image_filter",
                           "xslt_stylesheet",
                           "geoip_country",
                           "limit_req",
                           "limit_conn",
                           "auth_request",
                           "auth_jwt",
                           "sub_filter",
                           "add_after_body",
                           "secure_link",
                           "slice",
                           "mirror",
                           "ssi",
                           "charset",
                           "random_index",
                           "autoindex",
                           "hash",
                           "least_conn",
                           "ip_hash",
                           "random",
                           "sticky",
                           "status",
                           "api",
                           "health_check",
                           "match",
                           "keyval",
                           "js_content",
                           "session_log",
                           "otel_trace",
                           "resolver",
                           "zone",
                           "keepalive"}) {
    finds(std::string(name) + " x;",
          {fmt::format("1:1 \"{}\" is a directive of nginx that is not built yet", name)});
  }
}

Test(check, a_misspelt_name_is_guessed) {
  finds("http { server { lisen 80; lsiten 80; Listen 80; } }",
        {"1:17 unknown directive \"lisen\", did you mean \"listen\"?",
         "1:27 unknown directive \"lsiten\", did you mean \"listen\"?",
         "1:38 unknown directive \"Listen\", did you mean \"listen\"?"});
  finds("frobnicate on;", {"1:1 unknown directive \"frobnicate\""});
}

Test(check, a_guess_prefers_what_may_stand_there) {
  // "usr" is one letter from "user"; "iten" is as near to "item" as to nothing else in a server.
  finds("usr x;", {"1:1 unknown directive \"usr\", did you mean \"user\"?"});
  finds("http { serve; }", {"1:8 unknown directive \"serve\", did you mean \"server\"?"});
}

Test(check, an_unknown_block_is_told_once) {
  finds("blok { a; b { c; } }", {"1:1 unknown directive \"blok\""});
}

Test(check, free_blocks_are_not_looked_into) { finds("http { types { text/html html htm; flag; } }", {}); }

Test(check, a_missing_space_before_a_condition_is_named) {
  finds("http { server { if($a) { set $b 1; } } }",
        {"1:17 unknown directive \"if($a)\": a space is missing between \"if\" and \"(\""});
}

Test(check, a_missing_semicolon_is_told_once_and_the_rest_is_checked) {
  finds("http {\n  flag on\n  number 1\n  server {\n    listn 80;\n  }\n}",
        {"2:8 \";\" is missing after \"on\"", "3:10 \";\" is missing after \"1\"",
         "5:5 unknown directive \"listn\", did you mean \"listen\"?"});
}

Test(check, a_missing_semicolon_before_a_directive_of_nginx_is_found_too) {
  finds("user a\nsendfile on;\nusr b\nlisten 80;",
        {"1:6 \";\" is missing after \"a\"",
         "2:1 notice \"sendfile\" is ignored: it tunes nginx and changes no answer",
         "3:1 unknown directive \"usr\", did you mean \"user\"?", "3:5 \";\" is missing after \"b\"",
         "4:1 \"listen\" is not allowed in \"main\"; it may stand in: server"});
}

Test(check, a_line_swallowed_by_a_list_is_warned_of) {
  finds("http { server {\n  server_name a.example b.example\n  listen 80;\n} }",
        {"2:25 warning \"listen\" in the next line is taken as an argument of \"server_name\": is a \";\" "
         "missing?"});
  finds("http { server {\n  server_name a.example\n   b.example;\n} }", {});
}

Test(check, conditions_have_their_own_contexts) {
  finds("http { server { if ($a) { listen 80; set $b 1; } location / { if ($a) { internal; } } } }",
        {"1:27 \"listen\" is not allowed in \"if in server\"; it may stand in: server",
         "1:73 \"internal\" is not allowed in \"if in location\"; it may stand in: location"});
}
