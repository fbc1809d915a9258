#include "exchange/traffic.h"

#include <algorithm>

#include "exchange/builder.h"
#include "exchange/worker.h"
#include "shm/counters.h"
#include "shm/process_table.h"
#include "shm/segment.h"

namespace exchange {
namespace {

constexpr std::string_view kName = "traffic";
constexpr uint32_t kLayout = 1;
constexpr uint16_t kProcesses = 4096;  // more than a process table has places
constexpr uint32_t kTotals = static_cast<uint32_t>(Traffic::Total::count_);
constexpr uint32_t kOpens = static_cast<uint32_t>(Traffic::Open::count_);

struct Prepared {
  shm::SegmentPtr segment;
};

class SharedTraffic final : public Traffic {
 public:
  SharedTraffic(shm::Mapping mapping, uint16_t process)
      : mapping_(std::move(mapping)),
        totals_(mapping_.memory(), kProcesses, kTotals),
        opens_(mapping_.memory() + shm::Counters::bytes(kProcesses, kTotals), kProcesses, kOpens),
        process_(process) {
    opens_.clear_row(process_);  // of whoever had this place before
  }

  void add(Total total) override { totals_.add(process_, static_cast<uint32_t>(total)); }
  void add(Open open, int by) override { opens_.add(process_, static_cast<uint32_t>(open), by); }
  uint64_t sum(Total total) const override { return never_less(totals_.sum(static_cast<uint32_t>(total))); }
  uint64_t sum(Open open) const override { return never_less(opens_.sum(static_cast<uint32_t>(open))); }
  void forget(uint16_t process) { opens_.clear_row(process); }

 private:
  // Rows are read one after the other while they change.
  static uint64_t never_less(int64_t sum) { return static_cast<uint64_t>(std::max<int64_t>(sum, 0)); }

  shm::Mapping mapping_;
  shm::Counters totals_;
  shm::Counters opens_;
  uint16_t process_;
};

}  // namespace

base::Result<void> prepare_traffic(Builder& builder) {
  if (builder.segments == nullptr || builder.test_only) return {};
  size_t size = shm::Counters::bytes(kProcesses, kTotals) + shm::Counters::bytes(kProcesses, kOpens);
  base::Result<shm::SegmentPtr> segment =
      builder.segments->open(kName, kLayout, size, [](std::byte*, size_t) {});
  if (!segment) return tl::unexpected(segment.error());
  builder.shared<Prepared>(kName, "", [&] { return std::make_shared<Prepared>(Prepared{*segment}); });
  return {};
}

base::Result<std::shared_ptr<Traffic>> open_traffic(Worker& worker) {
  auto prepared = worker.parts() == nullptr ? nullptr : worker.parts()->find_shared<Prepared>(kName, "");
  if (prepared == nullptr || worker.process_index() >= kProcesses) return std::shared_ptr<Traffic>();
  base::Result<shm::Mapping> mapping = prepared->segment->map();
  if (!mapping) return tl::unexpected(mapping.error());
  auto traffic =
      std::make_shared<SharedTraffic>(std::move(*mapping), static_cast<uint16_t>(worker.process_index()));
  worker.on_death([traffic](uint32_t process) { traffic->forget(static_cast<uint16_t>(process)); });
  return std::shared_ptr<Traffic>(traffic);
}

}  // namespace exchange
