// What the library tells a session and asks of it. Nothing is resumed, ended or sent in here: streams and
// session are told what happened, and see to it when the library has returned. Only a response's body is
// asked for what is ready.
#pragma once

#include <nghttp2/nghttp2.h>

namespace h2 {

class ServerStream;

void set_server_callbacks(nghttp2_session_callbacks* callbacks);
/// The response's body as DATA.
nghttp2_data_provider response_data(ServerStream& stream);

}  // namespace h2
