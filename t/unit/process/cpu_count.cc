#include "process/cpu_count.h"

#include <criterion/criterion.h>

#include <map>

namespace {

using Files = std::map<std::string, std::string>;

std::optional<double> quota(Files files) {
  return process::cpu_quota([files](const std::string& path) -> std::optional<std::string> {
    auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  });
}

}  // namespace

Test(cpu_count, a_machine_without_cgroups_has_no_quota) { cr_assert(!quota({})); }

Test(cpu_count, cgroup_v2_max_is_no_quota) {
  cr_assert(!quota({{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "max 100000\n"}}));
}

Test(cpu_count, cgroup_v2_quota_of_the_group) {
  std::optional<double> found =
      quota({{"/proc/self/cgroup", "0::/app\n"}, {"/sys/fs/cgroup/app/cpu.max", "150000 100000\n"}});
  cr_assert(found && *found == 1.5);
}

Test(cpu_count, a_smaller_quota_above_binds) {
  std::optional<double> found = quota({{"/proc/self/cgroup", "0::/a/b/c\n"},
                                       {"/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n"},
                                       {"/sys/fs/cgroup/a/cpu.max", "200000 100000\n"}});
  cr_assert(found && *found == 2.0);
}

Test(cpu_count, in_a_container_the_group_is_the_root_of_what_it_sees) {
  std::optional<double> found =
      quota({{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "50000 100000\n"}});
  cr_assert(found && *found == 0.5);
}

Test(cpu_count, cgroup_v1_quota) {
  std::optional<double> found = quota({{"/proc/self/cgroup", "5:cpuacct,cpu:/box\n4:memory:/box\n"},
                                       {"/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "300000\n"},
                                       {"/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n"}});
  cr_assert(found && *found == 3.0);
}

Test(cpu_count, cgroup_v1_minus_one_is_no_quota) {
  cr_assert(!quota({{"/proc/self/cgroup", "5:cpu:/\n"},
                    {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
                    {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}}));
}

Test(cpu_count, damaged_files_are_no_quota) {
  for (const char* text : {"", "\n", "100000", "x y", "0 100000", "100000 0"}) {
    cr_assert(!quota({{"/proc/self/cgroup", "0::/\nnonsense\n"}, {"/sys/fs/cgroup/cpu.max", text}}));
  }
}

Test(cpu_count, quotas_round_up_and_never_exceed_the_cpus) {
  cr_assert_eq(process::cpu_count(8, std::nullopt), 8);
  cr_assert_eq(process::cpu_count(8, 0.2), 1);
  cr_assert_eq(process::cpu_count(8, 1.5), 2);
  cr_assert_eq(process::cpu_count(2, 64.0), 2);
  cr_assert_eq(process::cpu_count(0, std::nullopt), 1);
}

Test(cpu_count, this_machine_has_a_cpu) { cr_assert_geq(process::usable_cpus(), 1); }
