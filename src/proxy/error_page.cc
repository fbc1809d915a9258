#include "proxy/error_page.h"

#include "http/message.h"

namespace proxy {
namespace {

struct Explanation {
  int status;
  std::string_view text;
};
// For those who see the page, not for those who run the server: nothing here tells of the inside.
constexpr Explanation kExplanations[] = {
    {400, "The request could not be understood."},
    {401, "This page asks for a name and a password."},
    {403, "Access to this page is not allowed."},
    {404, "There is no page at this address."},
    {405, "This address does not take this kind of request."},
    {408, "The request took too long to arrive."},
    {413, "The request is larger than this server takes."},
    {414, "The address is longer than this server takes."},
    {416, "The part that was asked for does not exist."},
    {421, "This connection does not lead to that host."},
    {429, "There were too many requests. Please try again later."},
    {431, "The head of the request is larger than this server takes."},
    {500, "Something went wrong here."},
    {501, "This server does not know this kind of request."},
    {502, "The server behind this one did not give a proper answer."},
    {503, "The service is not available at the moment. Please try again later."},
    {504, "The server behind this one took too long to answer."},
    {505, "This server does not speak this version of HTTP."},
};

// Those of which the client is told 400, in nginx's words.
constexpr Explanation kTitles[] = {
    {http::kBadCertificate, "The SSL certificate error"},
    {http::kNoCertificate, "No required SSL certificate was sent"},
    {http::kPlainToTls, "The plain HTTP request was sent to HTTPS port"},
};

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

}  // namespace

ErrorPageText make_error_page(int status, std::string_view signature) {
  ErrorPageText page{"text/html", {}};
  if (status < 300 || !http::has_content(http::Method::get, status)) return page;
  std::string title = fmt::format("{} {}", status, http::reason_phrase(status));
  for (const Explanation& special : kTitles) {
    if (special.status == status) title = fmt::format("400 {}", special.text);
  }
  if (title.ends_with(' ')) title.pop_back();
  page.text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>{0}</title></head>\n<body>\n<h1>{0}</h1>\n", title);
  for (const Explanation& explanation : kExplanations) {
    if (explanation.status == status) page.text += fmt::format("<p>{}</p>\n", explanation.text);
  }
  if (!signature.empty()) page.text += fmt::format("<hr>\n<p>{}</p>\n", escape_html(signature));
  page.text += "</body>\n</html>\n";
  return page;
}

}  // namespace proxy
