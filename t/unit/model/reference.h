// RFC 9111 as a plain program: what a shared cache may, must and must not do with one request after the
// other. Written from the text of the RFC for clarity, not speed; knows nothing of src/ and shares no line
// with it.
//
// It does not predict: it judges. judge() is told what was seen on both sides of a cache and says what was
// wrong with it; where the RFC leaves a choice (MAY) it takes over whatever was chosen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace model {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Values of all lines with that name joined by ", "; nothing when there is none.
std::optional<std::string> get(const Fields& fields, std::string_view name);
void remove(Fields& fields, std::string_view name);

struct Request {
  std::string method = "GET";
  std::string target;
  Fields fields;
};

struct Response {
  int status = 0;
  Fields fields;
  std::string body;
};

/// One request as it was seen from both sides. Times are in seconds since 1970.
struct Observed {
  int64_t asked_at = 0;            ///< the client's request came
  int64_t answered_at = 0;         ///< the origin's answer came (later when it took its time)
  bool contacted = false;          ///< the origin was asked …
  Request forwarded;               ///< … this, and said …
  std::optional<Response> origin;  ///< … that, or failed
  Response client;                 ///< what the client got
};

class Cache {
 public:
  explicit Cache(std::string host) : host_(std::move(host)) {}
  /// What was wrong; empty when all was right. Remembers what the cache has stored by now.
  std::string judge(const Request& request, const Observed& seen);

 private:
  struct Stored {
    std::string target;
    Fields request;  // what selects it (§4.1)
    Response response;
    int64_t requested = 0;
    int64_t received = 0;
    int64_t age_value = 0;
    bool may_be_gone = false;  // the cache was free to drop it
  };
  enum class Match { no, may, must };
  enum class Store { no, may, must };
  struct Choice {
    bool serve = false;   // from the store, without asking
    bool update = false;  // from the store, asking at the same time (RFC 5861 §3)
    bool ask = false;
  };

  static Match matches(const Stored& stored, const Request& request);
  static Store storable(const Request& request, const Response& response, int64_t requested,
                        int64_t received);
  static int64_t current_age(const Stored& stored, int64_t now);
  static Choice choose(const Stored& stored, const Request& request, int64_t now);
  static bool may_stand_in(const Stored& stored, const Request& request, bool& must, int64_t now);

  Stored* with_tag(const std::string& target, std::string_view tag);
  std::string judge_read(const Request& request, const Observed& seen);
  std::string judge_with(Stored* stored, const Request& request, const Observed& seen);
  std::string judge_answer_of_origin(Stored* stored, const Request& request, const Observed& seen,
                                     bool in_background);
  std::string judge_update(Stored* stored, const Request& request, const Observed& seen, bool in_background);
  static std::string compare_stored(const Stored& stored, const Request& request, const Response& client,
                                    int64_t now);
  std::string take_in(Stored* old, const Request& request, Stored fresh, const Observed& seen,
                      bool in_background);
  std::string judge_unsafe(const Request& request, const Observed& seen);
  void invalidate(const std::string& target);

  std::string host_;
  std::vector<Stored> stored_;
};

}  // namespace model
