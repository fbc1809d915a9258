#include "t/unit/model/world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>

#include "conf/parser.h"
#include "process/modules.h"
#include "t/unit/model/fields.h"

namespace model {

namespace {

constexpr std::string_view kConf = R"(
events {{ worker_connections 100; }}
http {{
  access_log off;
  proxy_cache_path cache keys_zone=one:1m memory=16m inactive=10000d disk=off;
  server {{
    listen 127.0.0.1:8080;
    location / {{
      proxy_pass http://127.0.0.1:{};
      proxy_cache one;
    }}
  }}
}}
)";

net::Fd listen_somewhere() {
  net::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  cr_assert_eq(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  cr_assert_eq(listen(fd.get(), 100), 0);
  return fd;
}

sockaddr_in address_of(const net::Fd& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

/// Whatever has come. False: the other end has closed.
bool take(const net::Fd& fd, std::string& bytes) {
  char buffer[16384];
  for (;;) {
    ssize_t got = recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

void give(const net::Fd& fd, std::string_view bytes) {
  // All fits the socket's buffer: nothing of these tests is larger.
  cr_assert_eq(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

Fields read_fields(std::string_view head) {
  Fields fields;
  while (!head.empty()) {
    size_t end = head.find("\r\n");
    std::string_view line = head.substr(0, end);
    head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return fields;
}

std::string write_fields(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += name + ": " + value + "\r\n";
  return out + "\r\n";
}

class QuietLog final : public base::Log {
 public:
  QuietLog() : base::Log(-1, base::LogLevel::emerg, nullptr) {}
};

}  // namespace

class World::Process final : public exchange::Worker {
 public:
  explicit Process(base::Log& log) : exchange::Worker(&log, 0, 0, 1) {}
};

World::World() : door_(listen_somewhere()), origin_(listen_somewhere()) {
  char folder[] = "/tmp/pc-model-XXXXXX";
  cr_assert_not_null(mkdtemp(folder));
  folder_ = std::string(folder) + "/";
  std::string path = folder_ + "model.conf";
  std::ofstream(path) << fmt::format(kConf, ntohs(address_of(origin_).sin_port));

  conf::Diagnostics diagnostics;
  conf::Tree tree = conf::parse(path, folder_, diagnostics);
  proxy::BuildOptions options;
  options.prefix = options.conf_prefix = folder_;
  options.segments = &segments_;
  options.modules = process::compiled_in_modules();
  config_ = proxy::Config::build(std::move(tree), options, diagnostics);
  for (const conf::Diagnostic& diagnostic : diagnostics.all()) cr_log_info("%s", diagnostic.message.c_str());
  cr_assert(config_ != nullptr && !diagnostics.failed());

  static QuietLog log;
  process_ = std::make_unique<Process>(log);
  process_->use(config_->parts());
  set_clock();
  base::Result<std::unique_ptr<proxy::Service>> service = proxy::Service::start(*process_, config_);
  cr_assert(service.has_value(), "%s", service ? "" : service.error().message.c_str());
  service_ = std::move(*service);
}

World::~World() {
  service_->shut_down();
  for (int turn = 0; turn < 1000; ++turn) process_->loop().run_once(false);
  service_.reset();
  process_.reset();
  std::filesystem::remove_all(folder_);
}

void World::set_clock() { process_->clock().set_wall(now_ * 1000 + 100); }

void World::advance(int64_t seconds) {
  now_ += seconds;
  process_->clock().advance(base::Duration(seconds * 1000));
  set_clock();
}

net::Fd World::connect_client(net::Fd& other_end) {
  net::Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = address_of(door_);
  cr_assert_eq(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  other_end = net::Fd(accept4(door_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  cr_assert(other_end);
  return client;
}

// The origin's side: whoever has sent a whole head is answered.
void World::serve(const Origin& origin) {
  for (;;) {
    net::Fd fd(accept4(origin_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) break;
    connections_.push_back({std::move(fd), {}});
  }
  for (size_t i = 0; i < connections_.size();) {
    Connection& connection = connections_[i];
    bool open = take(connection.fd, connection.bytes);
    size_t end = connection.bytes.find("\r\n\r\n");
    if (open && end != std::string::npos) {
      std::string head = connection.bytes.substr(0, end);
      connection.bytes.erase(0, end + 4);
      size_t line = head.find("\r\n");
      size_t space = head.find(' ');
      Request request{head.substr(0, space), head.substr(space + 1, head.find(' ', space + 1) - space - 1),
                      read_fields(head.substr(line + 2))};
      std::optional<Response> answer = origin(request);
      open = answer.has_value();
      if (answer) {
        Fields fields = answer->fields;
        bool has_content = answer->status != 304 && answer->status != 204;
        if (has_content) fields.emplace_back("Content-Length", std::to_string(answer->body.size()));
        bool sends = has_content && request.method != "HEAD";
        give(connection.fd, fmt::format("HTTP/1.1 {} X\r\n{}{}", answer->status, write_fields(fields),
                                        sends ? answer->body : ""));
      }
    }
    if (open) {
      ++i;
    } else {
      connections_.erase(connections_.begin() + static_cast<ptrdiff_t>(i));
    }
  }
}

bool World::is_busy() const { return process_->under_way().inside() != 0 || service_->connections() != 0; }

Response World::ask(const Request& request, const Origin& origin) {
  set_clock();
  net::Fd proxy_end;
  net::Fd client = connect_client(proxy_end);
  service_->accept(std::move(proxy_end), 0, *net::Address::from_ip("192.0.2.7", 4711));
  Fields fields = request.fields;
  fields.emplace_back("Host", kHost);
  fields.emplace_back("Connection", "close");
  if (request.method == "POST" || request.method == "PUT") fields.emplace_back("Content-Length", "0");
  give(client, fmt::format("{} {} HTTP/1.1\r\n{}", request.method, request.target, write_fields(fields)));

  std::string bytes;
  bool open = true;
  for (int turn = 0; turn < 100000 && (open || is_busy()); ++turn) {
    process_->loop().run_once(false);
    serve(origin);
    if (open) open = take(client, bytes);
  }
  cr_assert(!open && !is_busy(), "the request does not end: %s %s", request.method.c_str(),
            request.target.c_str());
  Response response;
  size_t end = bytes.find("\r\n\r\n");
  cr_assert(bytes.starts_with("HTTP/1.1 ") && end != std::string::npos, "no answer: %s", bytes.c_str());
  response.status = std::stoi(bytes.substr(9, 3));
  response.fields = read_fields(bytes.substr(bytes.find("\r\n") + 2, end - bytes.find("\r\n") - 2));
  response.body = bytes.substr(end + 4);
  return response;
}

}  // namespace model
