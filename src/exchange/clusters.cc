#include "exchange/clusters.h"

#include "exchange/builder.h"

namespace exchange {

std::shared_ptr<upstream::ClusterSet> clusters(Builder& builder) {
  return builder.shared<upstream::ClusterSet>("upstream", "clusters",
                                              [] { return std::make_shared<upstream::ClusterSet>(); });
}

}  // namespace exchange
