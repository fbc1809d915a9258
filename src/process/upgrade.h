// A new binary takes over: the running master starts it with everything open handed on, as text in one
// environment variable. The two masters then run side by side until the user ends one of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "process/listening.h"
#include "shm/process_table.h"
#include "shm/segment.h"

namespace process {

inline constexpr const char* kInheritVariable = "PROXYCACHE_INHERIT";

/// What a new master is given: "generation=3 listen=5,6 events=9,10 segments=12:1:4096:processes;…". Keys
/// that it does not know are passed over, so versions may differ.
struct Inheritance {
  uint32_t generation = 0;     ///< the highest number used so far
  std::vector<int> listening;  ///< in slot order
  std::string events;          ///< ProcessTable::hand_over()
  std::string segments;        ///< Segments::hand_over()

  std::string print() const;
  /// Errors: a number that is none, no listening sockets.
  static base::Result<Inheritance> parse(std::string_view text);
};

/// In a fresh child of the master: lets the descriptors live over exec and runs `program` with `arguments`
/// and `variables`. Returns only when it could not: the errno.
int exec_new_binary(const std::string& program, const std::vector<std::string>& arguments,
                    std::vector<std::string> variables, uint32_t generation, const OpenSockets& listening,
                    const shm::ProcessTable& processes, const shm::Segments& segments);

/// The file that argv[0] names now, absolute: where the next binary will be found. Looks along PATH as the
/// shell did.
std::string program_path(const std::string& argument);

}  // namespace process
