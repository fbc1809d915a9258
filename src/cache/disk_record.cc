#include "cache/disk_record.h"

#include <cstring>

namespace cache {

namespace {

constexpr size_t kChecked =
    offsetof(RecordHeader, meta_checksum);  // the header's checksum covers what follows
constexpr char kZeros[512] = {};

uint64_t header_checksum(const RecordHeader& header, uint64_t seed) {
  const char* bytes = reinterpret_cast<const char*>(&header);
  uint64_t before = base::hash64({bytes, offsetof(RecordHeader, checksum)}, seed);
  return base::hash64({bytes + kChecked, sizeof header - kChecked}, before);
}

uint64_t padded(uint64_t size, uint32_t unit) { return (size + unit - 1) / unit * unit; }

bool lengths_agree(const RecordHeader& header, const DiskGeometry& geometry) {
  uint64_t end = uint64_t{header.offset} * geometry.unit() + header.length;
  if (header.length > geometry.largest_record() || end > geometry.region_size) return false;
  return padded(header.body_at() + header.piece_size, geometry.unit()) == header.length;
}

}  // namespace

uint64_t RecordHeader::meta_size() const {
  return uint64_t{tags} * sizeof(uint64_t) + uint64_t{extents} * sizeof(DiskExtent) + key_size + facts_size +
         head_size;
}

std::unique_ptr<RecordImage> RecordImage::object(const DiskGeometry& geometry, const DiskObject& object,
                                                 std::string body, std::span<const DiskExtent> extents,
                                                 uint64_t body_size, uint64_t sequence) {
  if (object.facts.size() > 0xffff || object.tags.size() > 0xffff) return nullptr;
  RecordHeader header = {};
  header.magic = RecordHeader::kMagic;
  header.type = RecordType::object;
  header.kind = object.kind;
  header.version = kDiskVersion;
  header.digest = object.digest;
  header.uri = object.uri;
  header.sequence = sequence;
  header.body_size = body_size;
  header.tags = static_cast<uint16_t>(object.tags.size());
  header.extents = static_cast<uint32_t>(extents.size());
  header.key_size = static_cast<uint32_t>(object.key.size());
  header.facts_size = static_cast<uint16_t>(object.facts.size());
  header.head_size = static_cast<uint32_t>(object.head.size());
  header.piece_size = static_cast<uint32_t>(body.size());
  header.stored_at = object.stored_at;
  header.expires = object.expires;
  uint64_t most = geometry.largest_record();
  if (object.key.size() > most || object.head.size() > most || extents.size() > most || body.size() > most ||
      padded(header.body_at() + body.size(), geometry.unit()) > most) {
    return nullptr;
  }
  header.length = static_cast<uint32_t>(padded(header.body_at() + body.size(), geometry.unit()));

  std::unique_ptr<RecordImage> image(new RecordImage);
  std::string& meta = image->meta_;
  meta.reserve(header.body_at());
  meta.append(reinterpret_cast<const char*>(&header), sizeof header);
  meta.append(reinterpret_cast<const char*>(object.tags.data()), object.tags.size_bytes());
  meta.append(reinterpret_cast<const char*>(extents.data()), extents.size_bytes());
  meta.append(object.key).append(object.facts).append(object.head);
  image->body_ = std::move(body);
  return image;
}

std::unique_ptr<RecordImage> RecordImage::extent(const DiskGeometry& geometry, const base::Digest& digest,
                                                 std::string body, uint64_t body_at, uint64_t sequence) {
  DiskObject none;
  none.digest = digest;
  std::unique_ptr<RecordImage> image = object(geometry, none, std::move(body), {}, body_at, sequence);
  if (image) image->mutable_header().type = RecordType::extent;
  return image;
}

std::unique_ptr<RecordImage> RecordImage::again(std::string bytes) {
  std::unique_ptr<RecordImage> image(new RecordImage);
  const RecordHeader& header = *reinterpret_cast<const RecordHeader*>(bytes.data());
  image->body_ = bytes.substr(header.body_at(), header.piece_size);
  bytes.resize(header.body_at());
  image->meta_ = std::move(bytes);
  return image;
}

void RecordImage::place(const DiskLocation& where, uint64_t seed) {
  RecordHeader& header = mutable_header();
  header.region = where.region;
  header.generation = where.generation;
  header.offset = where.offset;
  header.meta_checksum = base::hash64(std::string_view(meta_).substr(sizeof header), seed);
  header.body_checksum = base::hash64(body_, seed);
  header.checksum = header_checksum(header, seed);
}

void RecordImage::pieces(iovec* out) const {
  out[0] = {const_cast<char*>(meta_.data()), meta_.size()};
  out[1] = {const_cast<char*>(body_.data()), body_.size()};
  out[2] = {const_cast<char*>(kZeros), header().length - meta_.size() - body_.size()};
}

std::optional<RecordHeader> read_record_header(std::string_view bytes, const DiskGeometry& geometry,
                                               const DiskLocation& where, uint64_t seed) {
  RecordHeader header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != RecordHeader::kMagic || header.version != kDiskVersion) return std::nullopt;
  if (header.checksum != header_checksum(header, seed)) return std::nullopt;
  bool here = header.region == where.region && header.offset == where.offset &&
              (header.generation & DiskLocation::kGenerationMask) ==
                  (where.generation & DiskLocation::kGenerationMask);
  if (!here || !lengths_agree(header, geometry)) return std::nullopt;
  return header;
}

std::optional<RecordView> read_record(std::string_view bytes, const DiskGeometry& geometry,
                                      const DiskLocation& where, uint64_t seed) {
  std::optional<RecordHeader> header = read_record_header(bytes, geometry, where, seed);
  if (!header || bytes.size() < header->length) return std::nullopt;
  std::string_view meta = bytes.substr(sizeof(RecordHeader), header->meta_size());
  std::string_view body = bytes.substr(header->body_at(), header->piece_size);
  if (base::hash64(meta, seed) != header->meta_checksum ||
      base::hash64(body, seed) != header->body_checksum) {
    return std::nullopt;
  }
  auto take = [&meta](size_t size) {
    std::string_view taken = meta.substr(0, size);
    meta.remove_prefix(size);
    return taken;
  };
  RecordView view;
  view.header = *header;
  view.body = body;
  view.object.tags = {reinterpret_cast<const uint64_t*>(take(header->tags * sizeof(uint64_t)).data()),
                      header->tags};
  view.extents = {reinterpret_cast<const DiskExtent*>(take(header->extents * sizeof(DiskExtent)).data()),
                  header->extents};
  view.object.key = take(header->key_size);
  view.object.facts = take(header->facts_size);
  view.object.head = take(header->head_size);
  view.object.digest = header->digest;
  view.object.uri = header->uri;
  view.object.kind = header->kind;
  view.object.stored_at = header->stored_at;
  view.object.expires = header->expires;
  return view;
}

}  // namespace cache
