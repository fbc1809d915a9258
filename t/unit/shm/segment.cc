#include "shm/segment.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

using shm::Segments;

namespace {

void write_start(std::byte* memory, size_t) { std::memcpy(memory, "start", 6); }

std::string content(const shm::SegmentPtr& segment) {
  shm::Mapping mapping = std::move(*segment->map());
  return reinterpret_cast<char*>(mapping.memory());
}

void write(const shm::SegmentPtr& segment, const char* text) {
  shm::Mapping mapping = std::move(*segment->map());
  std::strcpy(reinterpret_cast<char*>(mapping.memory()), text);
}

}  // namespace

Test(segment, same_name_layout_and_size_keeps_the_content) {
  Segments segments;
  auto first = segments.open("zone", 1, 8192, write_start);
  cr_assert(first.has_value());
  write(*first, "lived");
  auto again = segments.open("zone", 1, 8192, write_start);
  cr_assert(*again == *first);
  cr_assert(content(*again) == "lived");
}

Test(segment, another_layout_or_size_starts_empty_and_leaves_the_old_one_to_its_users) {
  Segments segments;
  auto old = segments.open("zone", 1, 8192, write_start);
  write(*old, "lived");
  auto grown = segments.open("zone", 1, 16384, write_start);
  cr_assert(content(*grown) == "start");
  cr_assert(content(*old) == "lived");
  auto newer = segments.open("zone", 2, 16384, write_start);
  cr_assert(*newer != *grown);
}

Test(segment, prune_forgets_what_no_configuration_holds) {
  Segments segments;
  auto kept = segments.open("kept", 1, 4096, write_start);
  { auto dropped = segments.open("dropped", 1, 4096, write_start); }
  segments.prune();
  cr_assert_eq(segments.count(), 1);
}

Test(segment, what_a_child_writes_the_parent_reads) {
  Segments segments;
  auto segment = segments.open("zone", 1, 4096, write_start);
  pid_t child = fork();
  if (child == 0) {
    write(*segment, "child");
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  cr_assert(content(*segment) == "child");
}

Test(segment, a_binary_upgrade_takes_over_by_descriptor) {
  Segments old_master;
  auto segment = old_master.open("zone", 3, 4096, write_start);
  auto duplicate = dup((*segment)->fd());
  std::string text = old_master.hand_over();
  cr_assert(text.find(":3:4096:zone;") != std::string::npos);
  Segments new_master;
  new_master.take_over(std::to_string(duplicate) + ":3:4096:zone;nonsense;999:1:4096:gone;");
  cr_assert_eq(new_master.count(), 1);
  write(*segment, "lived");
  auto taken = new_master.open("zone", 3, 4096, write_start);
  cr_assert(content(*taken) == "lived");
}
