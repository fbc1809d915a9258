// How many connections and requests all workers have and had: in shared memory, so that any of them can tell
// (stub_status, metrics). A worker adds to its own row only; what is open in a row goes with its process.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"

namespace exchange {

class Builder;
class Worker;

class Traffic {
 public:
  enum class Total : uint8_t { accepted, handled, requests, count_ };
  enum class Open : uint8_t { connections, reading, writing, count_ };

  virtual ~Traffic() = default;
  virtual void add(Total total) = 0;
  virtual void add(Open open, int by) = 0;
  virtual uint64_t sum(Total total) const = 0;
  virtual uint64_t sum(Open open) const = 0;
};

/// In the master: asks for the shared memory.
base::Result<void> prepare_traffic(Builder& builder);
/// In a worker or the keeper: this process's view; null where there is no shared memory.
base::Result<std::shared_ptr<Traffic>> open_traffic(Worker& worker);

}  // namespace exchange
