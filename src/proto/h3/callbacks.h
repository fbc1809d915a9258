// What ngtcp2 and nghttp3 call: they record in the connection and its streams, and never end or resume
// anything.
#pragma once

#include <nghttp3/nghttp3.h>
#include <ngtcp2/ngtcp2.h>

namespace h3 {

const ngtcp2_callbacks& quic_callbacks();
const nghttp3_callbacks& http_callbacks();

}  // namespace h3
