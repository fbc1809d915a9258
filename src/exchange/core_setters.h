// The setters of the http core's directives that are more than a ready-made one.
#pragma once

#include "exchange/core_conf.h"

namespace exchange::core {

using Result = base::Result<void>;

Result set_root(void* section, const conf::Directive& directive, conf::Site& site);
Result set_alias(void* section, const conf::Directive& directive, conf::Site& site);
Result set_try_files(void* section, const conf::Directive& directive, conf::Site& site);
Result add_types(void* section, const conf::Directive& directive, conf::Site& site);
Result set_open_file_cache(void* section, const conf::Directive& directive, conf::Site& site);
Result add_error_page(void* section, const conf::Directive& directive, conf::Site& site);
Result set_internal(void* section, const conf::Directive& directive, conf::Site& site);
Result set_server_tokens(void* section, const conf::Directive& directive, conf::Site& site);
Result add_header(void* section, const conf::Directive& directive, conf::Site& site);
Result add_trailer(void* section, const conf::Directive& directive, conf::Site& site);
Result set_expires(void* section, const conf::Directive& directive, conf::Site& site);
Result set_limit_rate(void* section, const conf::Directive& directive, conf::Site& site);
Result set_limit_rate_after(void* section, const conf::Directive& directive, conf::Site& site);
Result set_satisfy(void* section, const conf::Directive& directive, conf::Site& site);
Result set_temp_path(void* section, const conf::Directive& directive, conf::Site& site);
Result set_large_buffers(void* section, const conf::Directive& directive, conf::Site& site);
Result set_keepalive_timeout(void* section, const conf::Directive& directive, conf::Site& site);
Result set_keepalive_disable(void* section, const conf::Directive& directive, conf::Site& site);
Result set_resolver(void* section, const conf::Directive& directive, conf::Site& site);

/// The arguments of `resolver`.
Result read_resolver(const conf::Directive& directive, ResolverConf& resolver);

/// The types nginx knows without a `types` block.
std::shared_ptr<const Types> default_types();

}  // namespace exchange::core
