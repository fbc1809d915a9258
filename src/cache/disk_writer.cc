#include "cache/disk_writer.h"

#include "cache/disk_store.h"

namespace cache {

struct DiskWriter::State final : std::enable_shared_from_this<DiskWriter::State>, private event::Ready {
  std::shared_ptr<DiskStore> store;
  DiskObject object;  // its texts lie below
  std::string key, facts, head;
  std::vector<uint64_t> tags;
  uint64_t sequence = 0;
  std::string buffer;
  std::vector<DiskExtent> extents;  // that reached the disk
  size_t sent = 0;                  // extents on their way or there
  uint64_t sent_bytes = 0;          // of body in them
  uint64_t ahead = 0;               // bytes on their way
  uint64_t written = 0;
  std::string rest;  // failed: what was under way
  bool failed = false;
  bool waiting = false;  // somebody was told to wait
  StoreWaiter waiter;
  std::function<void(const DiskExtent&)> tell;
  Done done;
  std::shared_ptr<State> self;  // while it waits for its own on_ready()

  ~State() {
    if (sent_bytes != 0) store->end_writing(sequence);
  }

  bool send_extent();
  void on_written(RecordImage* image, uint64_t location);
  void finish_if_all_there();
  void send_object();
  bool is_too_large(uint64_t size) const {
    return size > store->volume().geometry().region_size / 2 * uint64_t{store->volume().regions().usable()};
  }
  void fail() {
    failed = true;
    if (ahead == 0 && waiter.reader != nullptr) store->loop().post(*waiter.reader);
    if (done) answer_no();
  }
  void wake() {
    if (waiter.reader != nullptr && std::exchange(waiting, false)) store->loop().post(*waiter.reader);
  }
  void answer_no() {
    self = shared_from_this();
    store->loop().post(*this);
  }
  void on_ready() override {
    std::shared_ptr<State> here = std::move(self);
    Done answer = std::exchange(done, nullptr);
    if (answer) answer(0);
  }
};

DiskWriter DiskWriter::begin(std::shared_ptr<DiskStore> store, const DiskObject& object,
                             std::optional<uint64_t> size) {
  if (!store->accepts()) return DiskWriter();
  auto state = std::make_shared<State>();
  state->key = object.key;
  state->facts = object.facts;
  state->head = object.head;
  state->tags.assign(object.tags.begin(), object.tags.end());
  state->object = object;
  state->object.key = state->key;
  state->object.facts = state->facts;
  state->object.head = state->head;
  state->object.tags = state->tags;
  // A purge that comes while it is written covers it.
  state->sequence = store->volume().regions().next_sequence();
  state->store = std::move(store);
  if (size && state->is_too_large(*size)) return DiskWriter();
  return DiskWriter(std::move(state));
}

bool DiskWriter::append(std::string_view bytes) {
  State& state = *state_;
  if (state.failed) return false;
  const size_t piece = state.store->volume().geometry().largest_piece();
  state.written += bytes.size();
  while (!state.failed && !bytes.empty()) {
    size_t take = std::min(bytes.size(), piece - state.buffer.size());
    state.buffer.append(bytes.substr(0, take));
    bytes.remove_prefix(take);
    if (state.buffer.size() == piece && !bytes.empty()) state.send_extent();
  }
  state.buffer.append(bytes);  // failed: they are part of the rest
  return true;
}

void DiskWriter::flush() {
  if (!state_->failed && !state_->buffer.empty()) state_->send_extent();
}

bool DiskWriter::State::send_extent() {
  uint64_t size = buffer.size();
  std::unique_ptr<RecordImage> image;
  if (!is_too_large(sent_bytes + size)) {
    image = RecordImage::extent(store->volume().geometry(), object.digest, std::exchange(buffer, {}),
                                sent_bytes, sequence);
  }
  if (!image) {
    fail();
    return false;
  }
  RecordImage* raw = image.get();
  bool taken = store->submit(std::move(image), [state = shared_from_this(), raw](uint64_t location) {
    state->on_written(raw, location);
  });
  if (!taken) {
    buffer = image->take_body();
    fail();
    return false;
  }
  if (sent_bytes == 0) store->begin_writing(sequence);
  ahead += size;
  sent_bytes += size;
  ++sent;
  return true;
}

void DiskWriter::State::on_written(RecordImage* image, uint64_t location) {
  ahead -= image->header().piece_size;
  failed = failed || location == 0;
  if (failed) {
    rest += image->take_body();
    fail();
    return;
  }
  extents.push_back(image->as_extent(location));
  if (tell) tell(extents.back());
  if (ahead <= kAhead / 2) wake();
  if (done) finish_if_all_there();
}

void DiskWriter::State::finish_if_all_there() {
  if (failed || extents.size() != sent) return;
  // The store may have turned over completely since the first of them.
  for (const DiskExtent& extent : extents) {
    if (!store->volume().regions().is_current(DiskLocation::unpack(extent.location))) return fail();
  }
  send_object();
}

void DiskWriter::State::send_object() {
  std::unique_ptr<RecordImage> image = RecordImage::object(
      store->volume().geometry(), object, std::exchange(buffer, {}), extents, written, sequence);
  if (!image) return fail();
  bool taken = store->submit(std::move(image), [state = shared_from_this()](uint64_t location) {
    Done answer = std::exchange(state->done, nullptr);
    if (answer) answer(location);
  });
  if (!taken) fail();
}

void DiskWriter::finish(Done done) {
  std::shared_ptr<State> state = std::move(state_);
  state->waiter.reader = nullptr;
  state->done = std::move(done);
  if (state->failed) return state->answer_no();
  if (state->sent != 0 && !state->buffer.empty() && !state->send_extent()) return;
  state->finish_if_all_there();
}

void DiskWriter::abandon() {
  if (!state_) return;
  state_->failed = true;
  state_->waiter.reader = nullptr;
  state_->waiter.unlink();
  state_->tell = nullptr;
  state_.reset();
}

void DiskWriter::give_up() { state_->fail(); }

bool DiskWriter::wants_more() const {
  State& state = *state_;
  if (state.failed) return state.ahead == 0;
  if (state.ahead != 0 && state.ahead >= kAhead) {
    state.waiting = true;
    return false;
  }
  return !state.store->is_busy(state.waiter);
}

std::string DiskWriter::take_rest() {
  return std::exchange(state_->rest, {}) + std::exchange(state_->buffer, {});
}
void DiskWriter::set_waiter(event::Ready* waiter) { state_->waiter.reader = waiter; }
bool DiskWriter::failed() const { return state_->failed; }
size_t DiskWriter::buffered() const { return state_->buffer.size(); }
uint64_t DiskWriter::ahead() const { return state_->ahead; }
std::span<const DiskExtent> DiskWriter::extents() const { return state_->extents; }
void DiskWriter::on_extent(std::function<void(const DiskExtent&)> tell) { state_->tell = std::move(tell); }
uint64_t DiskWriter::written() const { return state_->written; }

}  // namespace cache
