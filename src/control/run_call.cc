#include "control/run_call.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/text.h"
#include "control/decode.h"
#include "http/arrival.h"

namespace control {

using exchange::ControlCall;
using exchange::ControlResource;
using http::Name;

namespace {

/// Of the service itself: has a name, no hooks.
const exchange::Module kItself = {.name = "control"};

/// The status to refuse with, 0 when all of it is in `text`, 499 when the client left.
event::Task<int> read_body(RunningCall& running, std::string& text) {
  http::Body* body = running.stream.request_body();
  if (body == nullptr) co_return 0;
  http::Arrival arrival(running.service.worker().loop().ready(), *body);
  event::Canceling<bool> canceling(running.cancel, arrival.answer, false);
  for (;;) {
    iovec pieces[8];
    http::Peek peek = body->peek(pieces);
    if (peek.state == http::Readiness::failed) co_return 400;
    if (peek.state == http::Readiness::end) co_return 0;
    if (peek.state == http::Readiness::wait) {
      bool came = co_await arrival.answer;
      if (!came) co_return 499;
      arrival.answer.reset();
      continue;
    }
    size_t taken = 0;
    for (int i = 0; i < peek.count; ++i) {
      text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      taken += pieces[i].iov_len;
    }
    body->consume(taken);
    if (text.size() > Service::kMaxBody) co_return 413;
  }
}

/// Takes the same time whichever byte differs.
bool is_allowed(const RunningCall& running) {
  const std::vector<std::string>& keys = running.service.keys(running.stream.connection().listener);
  if (keys.empty()) return true;
  for (const http::Field& field : running.stream.request().fields) {
    if (!base::equals_ignoring_case(field.name, "x-api-key")) continue;
    for (const std::string& key : keys) {
      if (key.size() == field.value.size() &&
          CRYPTO_memcmp(key.data(), field.value.data(), key.size()) == 0) {
        return true;
      }
    }
  }
  return false;
}

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    size_t slash = path.find('/');
    if (slash != 0) parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

bool matches(std::string_view pattern, const std::vector<std::string_view>& path,
             std::vector<std::string>& names) {
  std::vector<std::string_view> wanted = segments(pattern);
  if (wanted.size() != path.size()) return false;
  names.clear();
  for (size_t i = 0; i < path.size(); ++i) {
    if (wanted[i] == "*") {
      names.push_back(decode(path[i], false));
    } else if (wanted[i] != path[i]) {
      return false;
    }
  }
  return true;
}

std::string list_resources(const exchange::ControlResources& resources) {
  std::string text = "{\"resources\": [";
  for (const ControlResource& each : resources.all) {
    text += fmt::format("{}\n  {{\"method\": \"{}\", \"path\": \"{}\", \"help\": \"{}\"}}",
                        &each == &resources.all.front() ? "" : ",", each.method, each.path, each.help);
  }
  return text + "\n]}\n";
}

/// The resource that is asked for, or null and the status: 404, or 405 with `allowed`.
const ControlResource* find_resource(const RunningCall& running, std::vector<std::string>& names,
                                     std::string& allowed) {
  const http::Request& request = running.stream.request();
  std::string_view method = request.method == http::Method::head ? "GET" : request.method_text;
  std::vector<std::string_view> path = segments(request.target.substr(0, request.target.find('?')));
  // A literal path comes before one with a star: modules add them in that order.
  for (const ControlResource& each : running.service.resources().all) {
    std::vector<std::string> stars;
    if (!matches(each.path, path, stars)) continue;
    if (each.method == method) {
      names = std::move(stars);
      return &each;
    }
    if (!allowed.empty()) allowed += ", ";
    allowed += each.method;
  }
  return nullptr;
}

void respond(RunningCall& running, ControlCall& call, std::string_view allowed) {
  http::Stream& stream = running.stream;
  http::Response head(stream.arena());
  head.status = call.status;
  head.fields.add(Name::content_type, stream.arena().copy(call.content_type));
  head.fields.add(Name::cache_control, "no-store");
  if (!allowed.empty()) head.fields.add(Name::allow, stream.arena().copy(allowed));
  head.framing = http::Framing::length;
  head.content_length = call.answer.size();
  http::BodyPtr body;
  if (stream.request().method != http::Method::head) {
    body = std::make_unique<http::StringBody>(std::move(call.answer));
  }
  stream.respond(head, std::move(body));
}

}  // namespace

event::Task<void> run_call(RunningCall& running) {
  http::Stream& stream = running.stream;
  const http::Request& request = stream.request();
  stream.policy().max_body_size = Service::kMaxBody;
  std::vector<std::string> names;
  std::string allowed;
  const ControlResource* resource = find_resource(running, names, allowed);
  ControlCall call(running.service.worker(), resource != nullptr ? *resource->module : kItself);
  running.call = &call;
  call.names = std::move(names);
  int refused = request.refused;
  if (refused == 0 && !is_allowed(running)) refused = 401;
  if (refused == 0) refused = co_await read_body(running, call.body);
  if (refused != 0) {
    call.refuse(refused, refused == 401 ? "X-API-Key is missing or not known" : "the request was not read");
  } else if (resource != nullptr) {
    size_t question = request.target.find('?');
    if (question != std::string_view::npos) call.query = decode_query(request.target.substr(question + 1));
    allowed.clear();
    co_await resource->handle(call);
  } else if (request.path == "/" && allowed.empty()) {
    call.answer = list_resources(running.service.resources());
  } else {
    call.refuse(allowed.empty() ? 404 : 405, "there is no such resource; GET / lists them");
  }
  running.call = nullptr;
  if (!call.client_gone) respond(running, call, allowed);
  co_await running.ended;
  stream.release();
}

}  // namespace control
