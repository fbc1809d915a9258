// The upstream blocks of a configuration that is being built: one set, which directives add to and look into.
#pragma once

#include <memory>

#include "upstream/cluster_conf.h"

namespace exchange {

class Builder;

/// The set of this configuration; the first to ask makes it.
std::shared_ptr<upstream::ClusterSet> clusters(Builder& builder);

}  // namespace exchange
