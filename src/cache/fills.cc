#include "cache/fill.h"
#include "cache/growing_body.h"
#include "cache/join.h"

namespace cache {

Fills::~Fills() = default;

Fill* Fills::find(const base::Digest& digest, std::string_view key) const {
  auto found = by_digest_.find(digest);
  return found != by_digest_.end() && found->second->object().key == key ? found->second : nullptr;
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
  for (GrowingBody* reader = readers_.front(); reader != nullptr;) {
    GrowingBody* next = readers_.next(*reader);
    reader->look();
    reader = next;
  }
}

// It may have died after a change and before it woke those who wait for that: everybody looks.
void Fills::release_process(shm::ProcessIndex process) {
  zone_.release_process(process);
  wake(~uint64_t{0});
}

}  // namespace cache
