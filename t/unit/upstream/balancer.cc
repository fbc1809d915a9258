// Smooth weighted round robin against a plain model of nginx's, which shares nothing with src/.
#include "upstream/balancer.h"

#include <criterion/criterion.h>

#include <random>
#include <string>
#include <vector>

using upstream::Peer;
using upstream::PeerConf;
using upstream::PeerPtr;
using upstream::RoundRobin;
using upstream::Selection;

namespace {

PeerPtr make_peer(int number, PeerConf conf) {
  return std::make_shared<Peer>(*net::Address::from_ip("127.0.0.1", static_cast<uint16_t>(1000 + number)),
                                conf);
}

std::vector<PeerPtr> make_peers(const std::vector<uint32_t>& weights) {
  std::vector<PeerPtr> peers;
  for (uint32_t weight : weights) {
    PeerConf conf;
    conf.weight = weight;
    peers.push_back(make_peer(static_cast<int>(peers.size()), conf));
  }
  return peers;
}

int index_of(const std::vector<PeerPtr>& peers, const PeerPtr& peer) {
  for (size_t i = 0; i < peers.size(); ++i) {
    if (peers[i] == peer) return static_cast<int>(i);
  }
  return -1;
}

// What the documentation says: each pick every peer gains its effective weight, the largest is chosen and
// pays all.
struct Model {
  struct Item {
    int weight, max_fails, timeout;
    int effective, current = 0, fails = 0;
    long checked = 0, accessed = 0;
  };
  std::vector<Item> items;

  int pick(long now) {
    int best = -1, total = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      Item& item = items[i];
      if (item.max_fails > 0 && item.fails >= item.max_fails && now - item.checked <= item.timeout) continue;
      item.current += item.effective;
      total += item.effective;
      if (item.effective < item.weight) item.effective++;
      if (best < 0 || item.current > items[static_cast<size_t>(best)].current) best = static_cast<int>(i);
    }
    if (best < 0) return -1;
    Item& chosen = items[static_cast<size_t>(best)];
    chosen.current -= total;
    if (now - chosen.checked > chosen.timeout) chosen.checked = now;
    return best;
  }
  void fail(int index, long now) {
    Item& item = items[static_cast<size_t>(index)];
    item.fails++;
    item.accessed = item.checked = now;
    if (item.max_fails > 0) item.effective = std::max(0, item.effective - item.weight / item.max_fails);
  }
  void succeed(int index) {
    Item& item = items[static_cast<size_t>(index)];
    if (item.accessed < item.checked) item.fails = 0;
  }
};

}  // namespace

Test(balancer, gives_nginx_order_for_5_1_1) {
  std::vector<PeerPtr> peers = make_peers({5, 1, 1});
  RoundRobin balancer;
  std::string order;
  for (int i = 0; i < 7; ++i) order += static_cast<char>('a' + index_of(peers, balancer.pick(peers, {}, 1)));
  cr_assert_eq(order, "aabacaa", "%s", order.c_str());
}

Test(balancer, skips_what_was_tried_is_down_or_full) {
  std::vector<PeerPtr> peers = make_peers({1, 1});
  PeerConf down;
  down.down = true;
  peers.push_back(make_peer(2, down));
  PeerConf full;
  full.max_conns = 1;
  peers.push_back(make_peer(3, full));
  cr_assert(peers[3]->begin(1));
  Selection selection;
  selection.tried.push_back(peers[0]);
  RoundRobin balancer;
  for (int i = 0; i < 5; ++i) cr_assert_eq(index_of(peers, balancer.pick(peers, selection, 1)), 1);
  selection.tried.push_back(peers[1]);
  cr_assert_null(balancer.pick(peers, selection, 1).get());
}

Test(balancer, behaves_as_the_model_over_random_runs) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
    std::vector<PeerPtr> peers;
    Model model;
    int count = 1 + below(6);
    for (int i = 0; i < count; ++i) {
      int weight = 1 + below(9), max_fails = below(4), timeout = 10 * (1 + below(20));
      PeerConf conf;
      conf.weight = static_cast<uint32_t>(weight);
      conf.max_fails = static_cast<uint32_t>(max_fails);
      conf.fail_timeout = base::Duration(timeout);
      peers.push_back(make_peer(i, conf));
      model.items.push_back({weight, max_fails, timeout, weight});
    }
    RoundRobin balancer;
    long now = 100000;
    for (int step = 0; step < 300; ++step) {
      now += below(30);
      PeerPtr picked = balancer.pick(peers, {}, now);
      int expected = model.pick(now);
      int got = picked ? index_of(peers, picked) : -1;
      cr_assert_eq(got, expected, "seed %u step %d: %d instead of %d", seed, step, got, expected);
      if (!picked) continue;
      cr_assert(picked->begin(now));
      if (below(3) == 0) {
        picked->end_failed(now);
        model.fail(got, now);
      } else {
        picked->end_well();
        model.succeed(got);
      }
      cr_assert_eq(picked->in_use(), 0u);
    }
  }
}
