#include "proto/h2/server_pools.h"

#include "base/check.h"
#include "proto/h2/server_callbacks.h"
#include "proto/h2/server_session.h"

namespace h2 {
namespace {

// Our own patience ends before the library's, and says so.
constexpr uint64_t kResetsOfLibrary = 100000;

}  // namespace

ServerPools::ServerPools(base::Log& log, size_t input) : log_(log), input_size_(input) {
  PC_CHECK(nghttp2_session_callbacks_new(&callbacks_) == 0);
  set_server_callbacks(callbacks_);
  PC_CHECK(nghttp2_option_new(&options_) == 0);
  nghttp2_option_set_no_auto_window_update(options_, 1);
  nghttp2_option_set_no_closed_streams(options_, 1);
  nghttp2_option_set_stream_reset_rate_limit(options_, kResetsOfLibrary, kResetsOfLibrary);
  nghttp2_option_set_builtin_recv_extension_type(options_, NGHTTP2_PRIORITY_UPDATE);
  for (unsigned type = NGHTTP2_CONTINUATION + 1; type < 256; ++type) {
    if (type == NGHTTP2_PRIORITY_UPDATE) continue;
    nghttp2_option_set_user_recv_extension_type(options_, static_cast<uint8_t>(type));
  }
}

ServerPools::~ServerPools() {
  for (ServerStream* stream : spare_) delete stream;
  nghttp2_option_del(options_);
  nghttp2_session_callbacks_del(callbacks_);
}

nghttp2_session* ServerPools::open(ServerSession& session) {
  if (!input_) {
    input_.reset(new char[input_size_]);
    output_.reset(new char[kOutput]);
  }
  nghttp2_session* made = nullptr;
  PC_CHECK(nghttp2_session_server_new2(&made, callbacks_, &session, options_) == 0);
  return made;
}

ServerStream* ServerPools::take(ServerSession& session, int32_t id, base::MonoTime now) {
  ServerStream* stream;
  if (spare_.empty()) {
    stream = new ServerStream;
  } else {
    stream = spare_.back();
    spare_.pop_back();
  }
  stream->begin(session, id, now);
  return stream;
}

void ServerPools::give(ServerStream* stream) {
  stream->finish();
  if (spare_.size() < kMaxSpare) {
    spare_.push_back(stream);
  } else {
    delete stream;
  }
}

}  // namespace h2
