#include "cache/disk_reader.h"

#include "cache/disk_store.h"

namespace cache {

namespace {

constexpr size_t kFirstRead = 16 * 1024;  // most objects whole
constexpr size_t kAhead = 4;              // extents the system is told of in advance

/// A body that is in a lookup's bytes.
class LookupBody final : public http::Body {
 public:
  LookupBody(std::shared_ptr<const DiskLookup> lookup, std::string_view text)
      : lookup_(std::move(lookup)), text_(text) {}
  http::Peek peek(std::span<iovec> pieces) override {
    if (text_.empty()) return {http::Readiness::end, 0, true};
    pieces[0] = {const_cast<char*>(text_.data()), text_.size()};
    return {http::Readiness::ready, 1, true};
  }
  void consume(size_t bytes) override { text_.remove_prefix(bytes); }
  std::optional<uint64_t> remaining() const override { return text_.size(); }

 private:
  std::shared_ptr<const DiskLookup> lookup_;
  std::string_view text_;
};

}  // namespace

void DiskLookup::run(bool nowait) {
  torn = false;
  record.reset();
  outcome = read(nowait);
}

DiskRead DiskLookup::read(bool nowait) {
  DiskVolume& volume = store->volume();
  const DiskGeometry& geometry = volume.geometry();
  uint64_t at = uint64_t{where.offset} * geometry.unit();
  if (at >= geometry.region_size) return DiskRead::gone;
  uint64_t room = geometry.region_size - at;
  bytes.resize(std::min<uint64_t>(kFirstRead, room));
  DiskRead read = volume.read(where, 0, bytes.data(), bytes.size(), nowait);
  if (read != DiskRead::done) return read;
  std::optional<RecordHeader> header = read_record_header(bytes, geometry, where, volume.seed());
  torn = !header;
  if (torn || header->type != RecordType::object) return DiskRead::gone;
  if (!any_key && header->digest != digest) return DiskRead::gone;
  size_t have = bytes.size();
  bytes.resize(header->length);
  if (have < bytes.size()) {
    read = volume.read(where, have, bytes.data() + have, bytes.size() - have, nowait);
    if (read != DiskRead::done) return read;
  }
  record = read_record(bytes, geometry, where, volume.seed());
  torn = !record;
  if (torn || (!any_key && record->object.key != key)) return DiskRead::gone;
  // An object without its first part is none: its extents are older than itself and go first.
  for (const DiskExtent& extent : record->extents) {
    if (!volume.regions().is_current(DiskLocation::unpack(extent.location))) return DiskRead::gone;
  }
  return DiskRead::done;
}

std::optional<std::string_view> DiskFound::whole_body() const {
  if (!lookup_->record->extents.empty()) return std::nullopt;
  return lookup_->record->body;
}

http::BodyPtr DiskFound::body(uint64_t first, uint64_t size) const {
  const RecordView& record = *lookup_->record;
  if (record.extents.empty()) return std::make_unique<LookupBody>(lookup_, record.body.substr(first, size));
  return std::make_unique<DiskBody>(
      lookup_->store, record.header.digest,
      std::make_shared<std::vector<DiskExtent>>(record.extents.begin(), record.extents.end()), first, size);
}

struct DiskBody::Piece {
  DiskBody* owner = nullptr;  // null: the body is gone
  DiskStorePtr store;
  base::Digest digest;
  DiskExtent extent;
  std::vector<uint64_t> ahead;
  std::string bytes;
  DiskRead outcome = DiskRead::not_now;
  bool pending = false;
  std::string_view left;  // of the body, with `done`

  void run(bool nowait) {
    DiskVolume& volume = store->volume();
    const DiskGeometry& geometry = volume.geometry();
    DiskLocation where = DiskLocation::unpack(extent.location);
    uint64_t size = sizeof(RecordHeader) + uint64_t{extent.size};
    bytes.resize((size + geometry.unit() - 1) / geometry.unit() * geometry.unit());
    outcome = volume.read(where, 0, bytes.data(), bytes.size(), nowait);
    if (outcome != DiskRead::done) return;
    std::optional<RecordView> record = read_record(bytes, geometry, where, volume.seed());
    bool ours = record && record->header.type == RecordType::extent && record->header.digest == digest &&
                record->body.size() == extent.size &&
                static_cast<uint32_t>(record->header.body_checksum) == extent.check;
    if (!ours) {
      outcome = DiskRead::failed;
      return;
    }
    left = record->body;
    if (nowait) return;
    for (uint64_t next : ahead) {
      DiskLocation place = DiskLocation::unpack(next);
      volume.file().prefetch(geometry.region_at(place.region) + uint64_t{place.offset} * geometry.unit(),
                             bytes.size());
    }
  }
};

DiskBody::DiskBody(DiskStorePtr store, const base::Digest& digest, DiskExtents extents, uint64_t first,
                   uint64_t size)
    : store_(std::move(store)),
      digest_(digest),
      extents_(std::move(extents)),
      skip_(first),
      remaining_(size) {}

DiskBody::~DiskBody() {
  if (piece_) piece_->owner = nullptr;
}

void DiskBody::add(const DiskExtent& extent) {
  extents_->push_back(extent);
  if (reader_ != nullptr) store_->loop().post(*reader_);
}

void DiskBody::skip_before() {
  const std::vector<DiskExtent>& extents = *extents_;
  while (next_ < extents.size() && skip_ >= extents[next_].size) skip_ -= extents[next_++].size;
}

http::Peek DiskBody::peek(std::span<iovec> pieces) {
  if (remaining_ == 0) return {http::Readiness::end, 0, true};
  if (!piece_) {
    skip_before();
    const std::vector<DiskExtent>& extents = *extents_;
    if (next_ == extents.size()) return {http::Readiness::wait, 0, false};
    piece_ = std::make_shared<Piece>();
    piece_->owner = this;
    piece_->store = store_;
    piece_->digest = digest_;
    piece_->extent = extents[next_];
    for (size_t i = next_ + 1; i < extents.size() && i <= next_ + kAhead; ++i) {
      piece_->ahead.push_back(extents[i].location);
    }
    piece_->run(true);
  }
  if (piece_->pending) return {http::Readiness::wait, 0, false};
  if (piece_->outcome == DiskRead::not_now) {
    piece_->pending = true;
    store_->threads().run([piece = piece_] { piece->run(false); },
                          [piece = piece_] {
                            piece->pending = false;
                            DiskBody* owner = piece->owner;
                            if (owner != nullptr && owner->reader_ != nullptr)
                              owner->store_->loop().post(*owner->reader_);
                          });
    return {http::Readiness::wait, 0, false};
  }
  if (piece_->outcome != DiskRead::done) {
    if (!std::exchange(failed_, true))
      store_->count_read(piece_->outcome, piece_->outcome == DiskRead::failed);
    return {http::Readiness::failed, 0, false};
  }
  if (skip_ != 0) {
    piece_->left.remove_prefix(skip_);
    skip_ = 0;
  }
  size_t size = std::min<uint64_t>(piece_->left.size(), remaining_);
  pieces[0] = {const_cast<char*>(piece_->left.data()), size};
  return {http::Readiness::ready, 1, size == remaining_};
}

void DiskBody::consume(size_t bytes) {
  remaining_ -= bytes;
  piece_->left.remove_prefix(bytes);
  if (!piece_->left.empty()) return;
  piece_.reset();
  ++next_;
}

}  // namespace cache
