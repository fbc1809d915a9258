// The directive reference, made from the rows.
#pragma once

#include <span>
#include <string>

#include "conf/row.h"

namespace conf {

/// The DIRECTIVES part of proxycache.conf(5) in mdoc, section by section.
std::string print_man(std::span<const Section* const> sections);
/// The same as an HTML page body.
std::string print_html(std::span<const Section* const> sections);
/// A line for each row, for tests and editors: name, contexts, syntax and default, with tabs between.
std::string print_names(std::span<const Section* const> sections);

enum class Form : uint8_t { man, html };
/// The table of defaults that differ from nginx's, in the same two forms; empty when there are none.
std::string print_difference_table(std::span<const Section* const> sections, Form form = Form::man);

}  // namespace conf
