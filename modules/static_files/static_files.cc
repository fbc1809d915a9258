#include "modules/static_files/static_files.h"

#include "exchange/core_conf.h"
#include "exchange/deferred.h"
#include "exchange/escape.h"
#include "exchange/exchange.h"
#include "exchange/file_path.h"
#include "exchange/open_file.h"
#include "modules/static_files/file_response.h"

namespace static_files {
namespace {

using exchange::Exchange;
using exchange::OpenedFile;
using exchange::Verdict;

bool is_missing(int error) { return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG; }

std::string_view error_text(int error) { return strerror(error); }

/// What a file that cannot be opened is answered with, and its line in the log.
Verdict refuse(Exchange& exchange, std::string_view path, const OpenedFile& opened) {
  bool missing = is_missing(opened.error);
  bool forbidden = opened.error == EACCES || opened.error == ELOOP || opened.error == EMLINK;
  base::LogLevel level = missing || forbidden ? base::LogLevel::error : base::LogLevel::crit;
  if (!missing || exchange.route->core->log_not_found) {
    exchange.log(level, "{}() \"{}\" failed ({}: {})", opened.call, path, opened.error,
                 error_text(opened.error));
  }
  return exchange.answer(missing ? 404 : forbidden ? 403 : 500);
}

Verdict redirect_to_folder(Exchange& exchange) {
  const http::Request& request = exchange.request;
  std::string_view path = exchange::escape_path(request.path, exchange.arena);
  std::string_view question = request.query.empty() ? "" : "?";
  Verdict verdict = exchange.answer(301);
  exchange.reply.head.fields.set(http::Name::location,
                                 exchange.arena.join(path, "/", question, request.query));
  return verdict;
}

Verdict answer_with(Exchange& exchange, std::string_view path, const OpenedFile& opened) {
  if (opened.error != 0) return refuse(exchange, path, opened);
  if (opened.is_directory) return redirect_to_folder(exchange);
  if (!opened.is_regular) {
    exchange.log(base::LogLevel::crit, "\"{}\" is not a regular file", path);
    return exchange.answer(404);
  }
  if (exchange.request.method == http::Method::post) return exchange.answer(405);
  return answer_with_file(exchange, opened);
}

event::Task<Verdict> serve_file(Exchange& exchange, std::string_view uri) {
  std::string_view path = exchange::file_path(exchange, uri);
  OpenedFile opened = co_await exchange::open_file(exchange.worker, *exchange.route->core, path);
  co_return answer_with(exchange, path, opened);
}

/// Whether the folder is there, which decides between 403 and 404 when its index is not.
event::Task<Verdict> refuse_folder(Exchange& exchange, std::string_view path) {
  OpenedFile folder = co_await exchange::open_file(exchange.worker, *exchange.route->core, path);
  bool missing = is_missing(folder.error) || (folder.error == 0 && !folder.is_directory);
  if (!missing) {
    exchange.log(base::LogLevel::error, "directory index of \"{}\" is forbidden", path);
    co_return exchange.answer(403);
  }
  if (exchange.route->core->log_not_found) exchange.log(base::LogLevel::error, "\"{}\" is not found", path);
  co_return exchange.answer(404);
}

event::Task<Verdict> serve_folder(Exchange& exchange) {
  const exchange::CoreConf& core = *exchange.route->core;
  std::string_view uri = exchange.request.path;
  for (const exchange::Template& index : core.index) {
    std::string_view name = index.evaluate(exchange);
    if (name.starts_with('/')) co_return exchange.redirect(name);
    std::string_view inside = exchange.arena.join(uri, name);
    std::string_view path = exchange::file_path(exchange, inside);
    OpenedFile opened = co_await exchange::open_file(exchange.worker, core, path);
    if (opened.error == ENOENT) continue;
    if (is_missing(opened.error)) break;
    if (opened.error != 0) co_return refuse(exchange, path, opened);
    // A redirect would take what is behind "?" for arguments: such a folder's index is answered in place.
    if (inside.find('?') != std::string_view::npos) co_return answer_with(exchange, path, opened);
    std::string_view question = exchange.request.query.empty() ? "" : "?";
    co_return exchange.redirect(exchange.arena.join(inside, question, exchange.request.query));
  }
  std::string_view folder = exchange::file_path(exchange, uri);
  co_return co_await refuse_folder(exchange, folder);
}

Verdict on_request(const exchange::Call& call) {
  Exchange& exchange = call.exchange;
  http::Method method = exchange.request.method;
  bool reads = method == http::Method::get || method == http::Method::head || method == http::Method::post;
  if (!reads) return exchange.answer(405);
  std::string_view uri = exchange.request.path;
  return exchange::deferred(exchange,
                            uri.ends_with('/') ? serve_folder(exchange) : serve_file(exchange, uri));
}

}  // namespace

const exchange::Module kModule = {
    .name = "static_files", .priority = exchange::priority::static_files, .on_request = on_request};

}  // namespace static_files
