#include "proxy/detached_stream.h"

#include "http/path.h"

namespace proxy {

namespace {

/// What belongs to a body that is not sent again.
bool is_of_body(const http::Field& field) {
  switch (field.id) {
    case http::Name::content_length:
    case http::Name::content_type:
    case http::Name::content_encoding:
    case http::Name::transfer_encoding:
    case http::Name::trailer:
    case http::Name::expect: return true;
    default: return false;
  }
}

}  // namespace

DetachedStream* DetachedStreams::make(const exchange::Exchange& like, exchange::Receiver* receiver) {
  if (receiver == nullptr && count_ >= kMost) return nullptr;
  DetachedStream* stream = new DetachedStream(*this, like, receiver);
  if (stream->repeat(like.request)) {
    if (receiver != nullptr) receiver->attach(*stream);
    return stream;
  }
  stream->receiver_ = nullptr;
  delete stream;
  return nullptr;
}

void DetachedStreams::shut_down() {
  for (DetachedStream* stream = streams_.front(); stream != nullptr;) {
    DetachedStream* next = streams_.next(*stream);
    stream->end(http::StreamEnd::shut_down);
    stream = next;
  }
}

DetachedStream::DetachedStream(DetachedStreams& owner, const exchange::Exchange& like,
                               exchange::Receiver* receiver)
    : owner_(owner),
      receiver_(receiver),
      counted_(receiver == nullptr),
      pass_(owner.under_way_),
      peer_(*like.stream.connection().peer),
      local_(*like.stream.connection().local),
      client_(*like.client),
      connection_(like.stream.connection()),
      request_(arena_) {
  connection_.peer = &peer_;
  connection_.local = &local_;
  connection_.alpn = {};
  connection_.tls = nullptr;
  connection_.fd = -1;
  started_ = owner.loop_.now();
  owner.streams_.push_back(*this);
  owner.count_ += counted_;
}

DetachedStream::~DetachedStream() {
  arena_.clear();  // the exchange looks at this stream until its end
  owner_.count_ -= counted_;
}

bool DetachedStream::repeat(const http::Request& request) {
  request_.method = http::Method::get;
  request_.method_text = "GET";
  request_.version = request.version;
  request_.scheme = arena_.copy(request.scheme);
  request_.authority = arena_.copy(request.authority);
  request_.host = arena_.copy(request.host);
  request_.port = request.port;
  request_.target = arena_.copy(request.target);
  request_.request_line = arena_.join("GET ", request.target, " ", http::version_text(request.version));
  for (const http::Field& field : request.fields) {
    if (!is_of_body(field))
      request_.fields.add({arena_.copy(field.name), arena_.copy(field.value), field.id});
  }
  size_t question = request_.target.find('?');
  if (question != std::string_view::npos) request_.query = request_.target.substr(question + 1);
  bool merge = owner_.handler_.head_limits(connection_.listener).merge_slashes;
  return http::normalise_path(request_.target.substr(0, question), merge, arena_, request_.path);
}

void DetachedStream::respond(const http::Response& head, http::BodyPtr body) {
  if (exchange::Receiver* receiver = std::exchange(receiver_, nullptr)) {
    receiver->deliver(&head, std::move(body));
  }
  // Whoever stores it goes on without a reader; what nobody stores is closed.
  body.reset();
  end(http::StreamEnd::complete);
}

void DetachedStream::give_up() {
  receiver_ = nullptr;
  end(http::StreamEnd::client_gone);
}

void DetachedStream::end(http::StreamEnd how) {
  if (std::exchange(ended_, true)) return;
  how_ = how;
  if (exchange::Receiver* receiver = std::exchange(receiver_, nullptr)) receiver->deliver(nullptr, nullptr);
  owner_.loop_.post(*this);
}

void DetachedStream::release() {
  released_ = true;
  owner_.loop_.post(*this);
}

void DetachedStream::on_ready() {
  if (released_) {
    delete this;
    return;
  }
  owner_.handler_.on_stream_end(*this, how_);
}

}  // namespace proxy
