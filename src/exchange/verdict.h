// What a hook says about an exchange.
#pragma once

#include <cstdint>

namespace exchange {

enum class Verdict : uint8_t {
  next,     ///< nothing to say: the next module is asked
  reply,    ///< Exchange::reply holds the answer (or an internal redirect); no further module is asked
  pending,  ///< the hook will call Exchange::resume(next or reply) later, once
};

}  // namespace exchange
