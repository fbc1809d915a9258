// A response on its way from the origin into a zone: pulled as fast as the zone takes it, whoever reads it
// and however slowly, and to its end also when every client has left. Requests of the same worker that come
// meanwhile read it while it grows.
//
// When the zone cannot take it (no memory), the first reader goes on with the origin's body itself; the
// others cannot be served what they have not seen and fail. An object is complete only when its body was.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "cache/zone.h"
#include "event/gate.h"
#include "event/loop.h"
#include "http/body.h"

namespace cache {

class FillBody;
class Fills;

class Fill final : public event::Ready, public std::enable_shared_from_this<Fill> {
 public:
  /// What is stored: a copy of everything the fill needs after its exchange has gone.
  struct Object {
    base::Digest digest;
    std::string key;
    std::string head;
    Facts facts;
    std::optional<uint64_t> body_size;
  };
  enum class State : uint8_t { filling, complete, passing, failed };

  /// Starts storing `source` and returns its first reader; null (and `source` untouched) when the zone cannot
  /// take it.
  static http::BodyPtr start(Fills& fills, Zone& zone, Object object, http::BodyPtr& source);
  Fill(Fills& fills, Writer writer, Object object, http::BodyPtr source);
  ~Fill();

  /// A reader from the first byte; null when it is too late to join (or nothing can be pinned).
  http::BodyPtr read();

  State state() const { return state_; }
  const Object& object() const { return object_; }
  /// Bytes that can be read by now.
  uint64_t size() const { return size_; }

 private:
  friend class FillBody;
  /// Bytes taken from the origin in one go before others get their turn.
  static constexpr size_t kTurn = 512 * 1024;

  void on_ready() override { pump(); }
  void pump();
  bool take(std::span<const iovec> pieces, size_t& taken);
  void pass_through();
  void end(State state);
  void wake_readers();
  void leave(FillBody& reader);

  Fills& fills_;
  Writer writer_;
  Object object_;
  http::BodyPtr source_;
  base::List<FillBody, Fill> readers_;
  State state_ = State::filling;
  uint64_t size_ = 0;
  std::shared_ptr<Fill> self_;  // lives while it fills, whoever reads
  std::optional<event::Gate::Pass> pass_;
};

/// The fills of one worker and zone that others can join, by the digest of what they store.
class Fills {
 public:
  Fills(event::Loop& loop, event::Gate& under_way) : loop_(loop), under_way_(under_way) {}

  /// The growing object with that digest whose key is `key`, or null.
  Fill* find(const base::Digest& digest, std::string_view key) const;
  size_t count() const { return by_digest_.size(); }

 private:
  friend class Fill;
  struct Hash {
    size_t operator()(const base::Digest& digest) const { return digest.low; }
  };
  event::Loop& loop_;
  event::Gate& under_way_;
  std::unordered_map<base::Digest, Fill*, Hash> by_digest_;
};

}  // namespace cache
