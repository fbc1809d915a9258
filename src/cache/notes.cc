#include "cache/notes.h"

#include <cstring>

namespace cache {

namespace {

constexpr size_t kWhySize = 3 * sizeof(uint64_t);

std::byte* memory_checked(const shm::Mapping& mapping) {
  PC_CHECK(mapping.size() >= Notes::kBytes);
  return mapping.memory();
}

}  // namespace

Notes::Notes(shm::Mapping mapping)
    : mapping_(std::move(mapping)),
      refusals_(memory_checked(mapping_)),
      variants_(mapping_.memory() + SlotTable<5>::kBytes) {}

void Notes::refuse(const base::Digest& uri, int status, std::string_view why, int64_t now) {
  SlotTable<5>::Note note{};
  note[0] = static_cast<uint64_t>(now);
  note[1] = static_cast<uint64_t>(status);
  std::memcpy(&note[2], why.data(), std::min(why.size(), kWhySize));
  refusals_.write(uri, note);
}

std::optional<Refusal> Notes::find_refusal(const base::Digest& uri) const {
  std::optional<SlotTable<5>::Note> note = refusals_.find(uri);
  if (!note) return std::nullopt;
  Refusal refusal;
  refusal.time = static_cast<int64_t>((*note)[0]);
  refusal.status = static_cast<int>((*note)[1]);
  const char* why = reinterpret_cast<const char*>(&(*note)[2]);
  refusal.why.assign(why, strnlen(why, kWhySize));
  return refusal;
}

void Notes::add_variant(const base::Digest& key, const base::Digest& place, int64_t now) {
  std::vector<base::Digest> places = variants(key);
  if (!places.empty() && places.front() == place) return;
  std::erase(places, place);
  places.insert(places.begin(), place);
  SlotTable<1 + 2 * kMostVariants>::Note note{};
  note[0] = static_cast<uint64_t>(now);
  for (size_t i = 0; i < places.size() && i < kMostVariants; ++i) {
    note[1 + 2 * i] = places[i].low;
    note[2 + 2 * i] = places[i].high;
  }
  variants_.write(key, note);
}

std::vector<base::Digest> Notes::variants(const base::Digest& key) const {
  std::vector<base::Digest> places;
  auto note = variants_.find(key);
  if (!note) return places;
  for (size_t i = 0; i < kMostVariants; ++i) {
    base::Digest place;
    place.low = (*note)[1 + 2 * i];
    place.high = (*note)[2 + 2 * i];
    if (place == base::Digest()) break;
    places.push_back(place);
  }
  return places;
}

}  // namespace cache
