#include "cache/disk_intake.h"

#include "cache/disk_store.h"

namespace cache {

DiskIntake::DiskIntake(DiskStorePtr store, const base::Digest& digest, DiskWriter writer, event::Ready& owner,
                       std::function<void(const DiskExtent&)> told)
    : store_(std::move(store)),
      digest_(digest),
      writer_(std::move(writer)),
      timer_(store_->loop(), on_timer, this) {
  writer_.set_waiter(&owner);
  writer_.on_extent([this, tell = std::move(told)](const DiskExtent& extent) {
    extents_->push_back(extent);
    size_ += extent.size;
    tell(extent);
    if (paused_) pause();  // what came while it was written
  });
}

void DiskIntake::pause() {
  paused_ = true;
  if (writer_.buffered() == 0 || writer_.ahead() != 0 || timer_.active()) return;
  base::Duration since{store_->loop().now() - flushed_};
  if (since >= kFlushAfter) {
    flush();
  } else {
    timer_.start(kFlushAfter - since);
  }
}

void DiskIntake::flush() {
  paused_ = false;
  timer_.stop();
  flushed_ = store_->loop().now();
  writer_.flush();
}

void DiskIntake::finish(DiskWriter::Done done) {
  timer_.stop();
  paused_ = false;
  writer_.finish(std::move(done));
}

void DiskIntake::abandon() {
  timer_.stop();
  writer_.abandon();
}

void DiskIntake::on_timer(void* self) { static_cast<DiskIntake*>(self)->flush(); }

std::unique_ptr<DiskBody> DiskIntake::read(uint64_t from) const {
  return std::make_unique<DiskBody>(store_, digest_, extents_, from, DiskBody::kUnknown);
}

}  // namespace cache
