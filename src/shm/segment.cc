#include "shm/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "base/text.h"

namespace shm {

Mapping::Mapping(Mapping&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      file_(std::exchange(other.file_, -1)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  std::swap(file_, other.file_);
  return *this;
}

Mapping::~Mapping() {
  if (memory_ != nullptr) munmap(memory_, size_);
}

Segment::~Segment() { close(fd_); }

base::Result<Mapping> Segment::map() const {
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (memory == MAP_FAILED) return base::fail_errno(errno, "mmap() of shared memory \"{}\" failed", name_);
  // Heap::lend() counts on pages that can be dropped one by one. A kernel without huge pages says no: well.
  (void)madvise(memory, size_, MADV_NOHUGEPAGE);
  return Mapping(static_cast<std::byte*>(memory), size_, fd_);
}

base::Result<SegmentPtr> Segments::open(std::string_view name, uint32_t layout, size_t size,
                                        const Format& format) {
  auto known = by_name_.find(name);
  if (known != by_name_.end() && known->second->layout() == layout && known->second->size() == size) {
    return known->second;
  }
  int fd = memfd_create(std::string(name).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return base::fail_errno(errno, "memfd_create() for shared memory \"{}\" failed", name);
  SegmentPtr segment = std::make_shared<Segment>(std::string(name), layout, size, fd);
  if (ftruncate(fd, static_cast<off_t>(size)) != 0) {
    return base::fail_errno(errno, "{} bytes of shared memory for \"{}\" cannot be had", size, name);
  }
  // A worker that could shrink it would end every process that touches what is gone, the master too.
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return base::fail_errno(errno, "shared memory \"{}\" cannot be sealed", name);
  }
  base::Result<Mapping> mapping = segment->map();
  if (!mapping) return tl::unexpected(mapping.error());
  format(mapping->memory(), size);
  by_name_.insert_or_assign(std::string(name), segment);
  return segment;
}

void Segments::prune() {
  std::erase_if(by_name_, [](const auto& item) { return item.second.use_count() == 1; });
}

std::string Segments::hand_over() const {
  std::string text;
  for (const auto& [name, segment] : by_name_) {
    fcntl(segment->fd(), F_SETFD, 0);
    text += fmt::format("{}:{}:{}:{};", segment->fd(), segment->layout(), segment->size(), name);
  }
  return text;
}

void Segments::take_over(std::string_view text) {
  base::split(text, ';', [this](std::string_view item) {
    uint64_t numbers[3];
    for (uint64_t& number : numbers) {
      size_t colon = item.find(':');
      std::optional<uint64_t> value = base::parse_uint(item.substr(0, colon));
      if (colon == std::string_view::npos || !value) return;
      number = *value;
      item.remove_prefix(colon + 1);
    }
    int fd = static_cast<int>(numbers[0]);
    struct stat status;
    if (fstat(fd, &status) != 0 || static_cast<uint64_t>(status.st_size) != numbers[2]) return;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    by_name_.insert_or_assign(
        std::string(item),
        std::make_shared<Segment>(std::string(item), static_cast<uint32_t>(numbers[1]), numbers[2], fd));
  });
}

}  // namespace shm
