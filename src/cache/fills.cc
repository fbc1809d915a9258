#include "cache/fill.h"
#include "cache/growing_body.h"
#include "cache/join.h"
#include "cache/tiers.h"

namespace cache {

Fills::~Fills() = default;

Fill* Fills::find(const base::Digest& digest, std::string_view key) const {
  auto found = by_digest_.find(digest);
  return found != by_digest_.end() && found->second->object().key == key ? found->second : nullptr;
}

// What lies on a disk that this process has not opened (yet) it cannot read.
bool Fills::can_read(const FoundGrowing& growing) const {
  if (growing.place == BodyPlace::memory) return true;
  if (tiers_ == nullptr) return false;
  (void)tiers_->store().accepts();
  return tiers_->store().attached();
}

FoundGrowing Fills::find_growing(const base::Digest& digest, std::string_view key, base::Arena& arena) {
  FoundGrowing growing = zone_.find_growing(digest, key, arena);
  return can_read(growing) ? std::move(growing) : FoundGrowing();
}

http::BodyPtr Fills::read(FoundGrowing growing, Resume resume) {
  return std::make_unique<GrowingBody>(*this, std::move(growing), std::move(resume));
}

Flights::Announced Fills::announce(const base::Digest& digest, base::Duration most_age) {
  Flights::Announced announced = zone_.flights().announce(digest, loop_.now(), most_age.count());
  wake(announced.wake);
  return announced;
}

void Fills::end(const FlightRef& flight, FlightEnd how) { wake(zone_.flights().end(flight, how)); }

void Fills::end_uncacheable(const FlightRef& flight) {
  wake(zone_.flights().end_uncacheable(flight, loop_.now() + kRememberUncacheable.count()));
}

// A bit stands for every 64th process: one that is woken for another looks and finds nothing new.
void Fills::wake(uint64_t processes) {
  if (processes == 0) return;
  if ((processes & Flights::bit(zone_.process())) != 0) loop_.post(look_);
  if (processes_ == nullptr) return;
  for (uint32_t index = 0; index < processes_->capacity(); ++index) {
    shm::ProcessIndex process = static_cast<shm::ProcessIndex>(index);
    if (process == zone_.process() || (processes & Flights::bit(process)) == 0) continue;
    if (processes_->running(process)) processes_->wake(process);
  }
}

void Fills::look() {
  for (Join* join = joins_.front(); join != nullptr;) {
    Join* next = joins_.next(*join);
    join->look();
    join = next;
  }
  for (GrowingBody* reader = in_memory_.front(); reader != nullptr;) {
    GrowingBody* next = in_memory_.next(*reader);
    reader->look_for_move();
    reader = next;
  }
  for (GrowingBody* reader = readers_.front(); reader != nullptr;) {
    GrowingBody* next = readers_.next(*reader);
    reader->look();
    reader = next;
  }
}

// It may have died after a change and before it woke those who wait for that: everybody looks.
void Fills::release_process(shm::ProcessIndex process) {
  zone_.release_process(process);
  wake_all();
}

}  // namespace cache
