#include "base/list.h"

#include <criterion/criterion.h>

#include <memory>
#include <string>

namespace {
struct Item : base::ListNode<> {
  explicit Item(char the_name) : name(the_name) {}
  char name;
};

std::string names(base::List<Item>& list) {
  std::string result;
  for (Item* item = list.front(); item != nullptr; item = list.next(*item)) result += item->name;
  return result;
}
}  // namespace

Test(list, keeps_the_order_of_both_ends) {
  base::List<Item> list;
  Item a('a'), b('b'), c('c');
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  cr_assert(names(list) == "abc");
  cr_assert_eq(list.front(), &a);
  cr_assert_eq(list.back(), &c);
  cr_assert_eq(list.pop_front(), &a);
  cr_assert_not(a.linked());
  cr_assert(names(list) == "bc");
}

Test(list, pushing_a_linked_item_moves_it) {
  base::List<Item> list, other;
  Item a('a'), b('b');
  list.push_back(a);
  list.push_back(b);
  list.push_back(a);
  cr_assert(names(list) == "ba");
  other.push_back(a);
  cr_assert(names(list) == "b");
  cr_assert(names(other) == "a");
}

Test(list, an_item_leaves_when_destroyed) {
  base::List<Item> list;
  Item a('a'), c('c');
  list.push_back(a);
  auto b = std::make_unique<Item>('b');
  list.push_back(*b);
  list.push_back(c);
  b.reset();
  cr_assert(names(list) == "ac");
}

Test(list, a_destroyed_list_unlinks_its_items) {
  Item a('a');
  {
    base::List<Item> list;
    list.push_back(a);
  }
  cr_assert_not(a.linked());
}

Test(list, splice_moves_all_to_the_end) {
  base::List<Item> list, other, empty;
  Item a('a'), b('b'), c('c');
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.splice_back(other);
  list.splice_back(empty);
  cr_assert(names(list) == "abc");
  cr_assert(other.empty());
  empty.splice_back(list);
  cr_assert(names(empty) == "abc");
}
