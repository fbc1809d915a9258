// How many workers `worker_processes auto` means: the CPUs this process may run on, at most what the cgroup's
// CPU quota pays for. A container with 2 of 64 CPUs gets 2 workers, not 64.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace process {

/// Reads a small file whole; nullopt when there is none. Replaceable, so that tests need no cgroup.
using ReadText = std::function<std::optional<std::string>(const std::string& path)>;
std::optional<std::string> read_text(const std::string& path);

/// CPUs in the affinity mask; at least 1.
unsigned usable_cpus();

/// The CPU quota of this process's cgroup and those above it, in CPUs: the smallest along the way, of cgroup
/// v2 (cpu.max) and v1 (cpu.cfs_quota_us / cpu.cfs_period_us). nullopt: no limit.
std::optional<double> cpu_quota(const ReadText& read = read_text);

/// The least of both, rounded up, at least 1.
unsigned cpu_count(unsigned usable, std::optional<double> quota);

}  // namespace process
