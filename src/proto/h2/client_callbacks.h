// What the library tells a client session and asks of it. Nothing is resumed, ended or sent in here: streams
// and session are told what happened. Only a request's body is asked for what is ready.
#pragma once

#include <nghttp2/nghttp2.h>

namespace h2 {

class ClientSession;
class ClientStream;

/// A library session whose callbacks tell `session`.
nghttp2_session* make_client_library(ClientSession& session);
/// The request's body as DATA.
nghttp2_data_provider request_data(ClientStream& stream);

}  // namespace h2
