#include "modules/geo/table.h"

#include <algorithm>

#include "exchange/exchange.h"
#include "exchange/forwarded.h"

namespace geo {

std::shared_ptr<Table> Table::read(const conf::Directive& directive, exchange::Builder& builder) {
  auto table = std::make_shared<Table>();
  if (directive.args.size() == 2) {
    base::Result<exchange::Template> source = exchange::Template::compile(directive.args[0], builder);
    if (source)
      table->source_ = std::move(*source);
    else
      builder.diagnostics->error(directive.args[0].at, "\"geo\": {}", source.error().message);
  }
  table->read_words(directive);
  for (const conf::Directive& line : directive.block) {
    base::Result<void> read = table->read_line(line, *builder.diagnostics);
    if (!read) builder.diagnostics->error(line.name.at, "\"geo\": {}", read.error().message);
  }
  table->finish();
  return table;
}

void Table::read_words(const conf::Directive& directive) {
  for (const conf::Directive& line : directive.block) {
    if (!line.args.empty()) continue;
    if (line.name.text == "ranges") ranges_ = true;
    if (line.name.text == "proxy_recursive") proxy_recursive_ = true;
    if (line.name.text == "volatile") volatile_ = true;
  }
}

base::Result<void> Table::read_line(const conf::Directive& line, conf::Diagnostics& diagnostics) {
  std::string_view name = line.name.text;
  if (line.args.empty()) {
    if (name == "ranges" || name == "proxy_recursive" || name == "volatile") return {};
    return base::fail("invalid number of the geo parameters");
  }
  if (line.args.size() != 1 || line.has_block) return base::fail("invalid number of the geo parameters");
  if (name == "default") {
    if (default_) return base::fail("duplicate default");
    default_ = static_cast<uint32_t>(values_.size());
    values_.push_back(line.args[0].text);
    return {};
  }
  if (name == "proxy") {
    base::Result<net::Cidr> set = net::Cidr::parse(line.args[0].text);
    if (!set) return tl::unexpected(set.error());
    proxies_.push_back(*set);
    return {};
  }
  if (name == "delete") return remove_network(line.args[0], diagnostics);
  return add_network(line.name, line.args[0].text, diagnostics);
}

base::Result<void> Table::add_network(const conf::Word& network, std::string value,
                                      conf::Diagnostics& diagnostics) {
  base::Result<Interval> interval =
      ranges_ ? Interval::of_range(network.text) : Interval::of_cidr(network.text);
  if (!interval) return tl::unexpected(interval.error());
  uint32_t index = static_cast<uint32_t>(values_.size());
  auto [known, added] = lines_.try_emplace(*interval, Line{index, lines_.size()});
  if (!added) {
    diagnostics.warn(network.at, "duplicate network \"{}\", value: \"{}\", old value: \"{}\"", network.text,
                     value, values_[known->second.value]);
    values_[known->second.value] = std::move(value);
    return {};
  }
  values_.push_back(std::move(value));
  return {};
}

base::Result<void> Table::remove_network(const conf::Word& network, conf::Diagnostics& diagnostics) {
  base::Result<Interval> interval =
      ranges_ ? Interval::of_range(network.text) : Interval::of_cidr(network.text);
  if (!interval) return tl::unexpected(interval.error());
  size_t removed = lines_.erase(*interval);
  if (removed == 0) diagnostics.warn(network.at, "no network \"{}\" to delete", network.text);
  return {};
}

void Table::finish() {
  std::vector<std::pair<Interval, Line>> lines(lines_.begin(), lines_.end());
  lines_.clear();
  if (ranges_) {
    std::ranges::sort(lines, {}, [](const auto& line) { return line.second.place; });
  } else {
    // Larger networks first: what is inside them overrides.
    std::ranges::stable_sort(lines, [](const auto& a, const auto& b) {
      return a.first.last - a.first.first > b.first.last - b.first.first;
    });
  }
  for (const auto& [interval, line] : lines) networks_.assign(interval, line.value);
  networks_.finish();
}

std::optional<net::Address> Table::address_of(exchange::Subject& subject) const {
  if (!source_.empty()) return net::Address::from_ip(source_.evaluate(subject), 0);
  const http::Fields* fields = proxies_.empty() ? nullptr : subject.request_fields();
  if (fields != nullptr) {
    std::optional<net::Address> behind =
        exchange::forwarded_address(*fields, "X-Forwarded-For", *subject.client, proxies_, proxy_recursive_);
    if (behind) return behind;
  }
  return *subject.client;
}

std::string_view Table::value(exchange::Subject& subject) const {
  std::optional<net::Address> address = address_of(subject);
  std::optional<uint32_t> found = address ? networks_.find(*address) : std::nullopt;
  if (!found) found = default_;
  return found ? std::string_view(values_[*found]) : std::string_view();
}

}  // namespace geo
