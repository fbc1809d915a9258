// The setters of proxy_core's rows that do more than fill a member.
#pragma once

#include "conf/row.h"

namespace proxy_core {

base::Result<void> set_pass(void* section, const conf::Directive& directive, conf::Site& site);
/// In `if` and limit_except: a URI is refused, as nothing there says what it replaces.
base::Result<void> set_inner_pass(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> add_header(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_version(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_body(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_bind(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_next_upstream(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_buffer_size(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_buffers(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_temp_path(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_store(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_store_access(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_limit_rate(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_ignored(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> add_redirect(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> add_cookie_domain(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> add_cookie_path(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> add_cookie_flags(void* section, const conf::Directive& directive, conf::Site& site);

}  // namespace proxy_core
