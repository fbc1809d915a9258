#include "conf/manual.h"

#include <fmt/format.h>

#include "conf/context.h"

namespace conf {
namespace {

// Text for a line of its own: nothing in it is taken for a request.
std::string man_text(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    bool starts_line = i == 0 || text[i - 1] == '\n';
    if (starts_line && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    out += text[i] == '\\' ? "\\e" : std::string(1, text[i]);
  }
  return out;
}

// Text as the one argument of a macro: no word of it is taken for another macro.
std::string man_argument(std::string_view text) {
  std::string out = "\"\\&";
  for (char c : text) out += c == '\\' ? "\\e" : c == '"' ? "\\(dq" : c == '\n' ? " " : std::string(1, c);
  return out + "\"";
}

std::string html_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string_view block_mark(const Row& row) { return row.block == Block::none ? "" : " { ... }"; }

std::string with_name(const Row& row, std::string_view rest) {
  return fmt::format("{}{}{}", row.name, rest.empty() ? "" : " ", rest);
}

std::string syntax_of(const Row& row) { return with_name(row, row.syntax) + std::string(block_mark(row)); }

// Several rows of one name get anchors of their own.
std::string anchor_of(const Section& section, const Row& row) {
  size_t earlier = 0;
  for (const Row& other : section.rows) {
    if (&other == &row) break;
    if (other.name == row.name) ++earlier;
  }
  std::string anchor = fmt::format("{}.{}", section.name, row.name);
  if (earlier > 0) anchor += fmt::format(".{}", earlier + 1);
  for (char& c : anchor) c = c == ' ' ? '_' : c;
  return anchor;
}

void man_row(const Row& row, std::string& out) {
  out += fmt::format(".It Ic {}", row.name);
  if (!row.syntax.empty()) out += " No " + man_argument(row.syntax);
  if (row.block != Block::none) out += " No " + man_argument("{ ... }");
  out += '\n';
  if (!row.default_text.empty()) {
    out += fmt::format("Default:\n.Ql {}\n.br\n", man_argument(with_name(row, row.default_text)));
  }
  if (!row.nginx_default.empty()) {
    out += fmt::format("With compat nginx:\n.Ql {}\n.br\n", man_argument(with_name(row, row.nginx_default)));
  }
  out += fmt::format("Context: {}\n", context_names(row.contexts));
  if (!row.help.empty()) out += ".Pp\n" + man_text(row.help) + "\n";
}

void html_row(const Section& section, const Row& row, std::string& out) {
  out += fmt::format("<dt id=\"{}\"><code>{}</code></dt>\n<dd>\n", html_text(anchor_of(section, row)),
                     html_text(syntax_of(row)));
  if (!row.default_text.empty()) {
    out += fmt::format("<p>Default: <code>{}</code></p>\n", html_text(with_name(row, row.default_text)));
  }
  if (!row.nginx_default.empty()) {
    out += fmt::format("<p>With <code>compat nginx</code>: <code>{}</code></p>\n",
                       html_text(with_name(row, row.nginx_default)));
  }
  out += fmt::format("<p>Context: {}</p>\n", html_text(context_names(row.contexts)));
  if (!row.help.empty()) out += fmt::format("<p>{}</p>\n", html_text(row.help));
  out += "</dd>\n";
}

std::string shown_default(const Row& row) {
  return row.default_text.empty() ? "none" : std::string(row.default_text);
}

}  // namespace

std::string print_man(std::span<const Section* const> sections) {
  std::string out;
  for (const Section* section : sections) {
    if (section->rows.empty()) continue;
    out += fmt::format(".Ss {}\n.Bl -tag -width Ds\n", man_argument(section->name));
    for (const Row& row : section->rows) man_row(row, out);
    out += ".El\n";
  }
  return out;
}

std::string print_html(std::span<const Section* const> sections) {
  std::string out;
  for (const Section* section : sections) {
    if (section->rows.empty()) continue;
    out += fmt::format("<h2>{}</h2>\n<dl>\n", html_text(section->name));
    for (const Row& row : section->rows) html_row(*section, row, out);
    out += "</dl>\n";
  }
  return out;
}

std::string print_names(std::span<const Section* const> sections) {
  std::string out;
  for (const Section* section : sections) {
    for (const Row& row : section->rows) {
      out += fmt::format("{}\t{}\t{}\t{}\n", row.name, context_names(row.contexts), row.syntax,
                         row.default_text);
    }
  }
  return out;
}

std::string print_difference_table(std::span<const Section* const> sections, Form form) {
  std::string lines;
  for (const Section* section : sections) {
    for (const Row& row : section->rows) {
      if (row.nginx_default.empty()) continue;
      std::string ours = shown_default(row);
      if (form == Form::man) {
        lines += fmt::format(".It Ic {} Ta {} Ta {}\n", row.name, man_argument(ours),
                             man_argument(row.nginx_default));
      } else {
        lines +=
            fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td><code>{}</code></td></tr>\n",
                        html_text(row.name), html_text(ours), html_text(row.nginx_default));
      }
    }
  }
  if (lines.empty()) return lines;
  if (form == Form::man) {
    return ".Bl -column proxy_connect_timeout default-here default-in-nginx\n.It Sy Directive Ta Sy Here Ta "
           "Sy nginx\n" +
           lines + ".El\n";
  }
  return "<table>\n<tr><th>Directive</th><th>Here</th><th>nginx</th></tr>\n" + lines + "</table>\n";
}

}  // namespace conf
