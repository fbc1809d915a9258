// What is answered when a status of our own has no body yet: the page that error_page names, or one made
// here.
#pragma once

#include "exchange/exchange.h"

namespace proxy {

/// Looks for an error_page for the reply's status. True: reply.redirect names where to go, and the status it
/// will be sent with is remembered. False: the reply is complete (an external redirect, or a page made here).
bool find_error_page(exchange::Exchange& exchange);

/// Forgets what a reply had, but for fields a client must see with the final one (WWW-Authenticate, …).
void clear_reply(exchange::Exchange& exchange);

/// `return 444`: the connection is closed without an answer.
bool closes_silently(const exchange::Exchange& exchange);

}  // namespace proxy
