#include "http/structured.h"

#include <criterion/criterion.h>

namespace s = http::structured;

Test(structured, items_print_as_they_are_read) {  // RFC 9651 §3
  for (std::string_view text :
       {"5", "-15", "0", "1.5", "-0.25", "\"a \\\"b\\\\\"", "token", "*a/b:c", ":aGVsbG8=:", "?1", "?0",
        "@1659578233", "a;b;c=1;d=\"x\"", "999999999999999", "999999999999.999", "text/html;q=1.0"}) {
    std::optional<s::Item> item = s::parse_item(text);
    cr_assert(item.has_value(), "%.*s", int(text.size()), text.data());
    cr_assert(s::print(*item) == text, "%s", s::print(*item).c_str());
  }
}

Test(structured, bad_items_are_refused) {
  for (std::string_view text : {"", "\"a", "\"\\x\"", "1.", "1.2345", "1234567890123456", "--1", "?2", ":a",
                                ":!:", "@1.5", "a b", "a;B=1", "\x80", "1 2", "(", "a;=1", ".5"}) {
    cr_assert(!s::parse_item(text), "%.*s", int(text.size()), text.data());
  }
}

Test(structured, dictionaries_and_inner_lists) {
  for (std::string_view text : {"a=1, b;x=2, c=(1 \"two\" t);q=?0", "max-age=60, no-store", "a=()"}) {
    std::optional<s::Dictionary> dictionary = s::parse_dictionary(text);
    cr_assert(dictionary.has_value(), "%.*s", int(text.size()), text.data());
    cr_assert(s::print(*dictionary) == text, "%s", s::print(*dictionary).c_str());
  }
  cr_assert(s::parse_dictionary("a=1, a=2")->size() == 1);
  cr_assert(s::parse_dictionary("")->empty());
  for (std::string_view text : {"a=1,", "A=1", "a=1 b=2", "a=(1 2", "a=(1,2)", ",a", "a=,b"}) {
    cr_assert(!s::parse_dictionary(text), "%.*s", int(text.size()), text.data());
  }
}

Test(structured, cache_status_lists) {  // RFC 9211 §2
  std::string_view text = "OriginCache; hit; ttl=1100, \"CDN Company Here\"; hit; ttl=545";
  std::optional<s::List> list = s::parse_list(text);
  cr_assert(list && list->size() == 2);
  cr_assert(std::get<int64_t>(*(*list)[1].item.find("ttl")) == 545);
  cr_assert(s::print(*list) == "OriginCache;hit;ttl=1100, \"CDN Company Here\";hit;ttl=545");
}
