#include "modules/access_control/password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "exchange/basic_credentials.h"

namespace access_control {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// One digest being made.
class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_, kind, nullptr);
  }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  Digest& add(std::string_view bytes) {
    EVP_DigestUpdate(context_, bytes.data(), bytes.size());
    return *this;
  }
  std::string finish() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_, bytes, &size);
    return {reinterpret_cast<char*>(bytes), size};
  }

 private:
  EVP_MD_CTX* context_;
};

bool matches_sha(std::string_view password, std::string_view encoded, bool salted) {
  constexpr size_t kSize = 20;
  std::vector<char> buffer(encoded.size() + 1);
  std::optional<std::string_view> decoded = exchange::decode_base64(encoded, buffer.data());
  bool sized = decoded && (salted ? decoded->size() >= kSize : decoded->size() == kSize);
  if (!sized) return false;
  std::string digest = Digest(EVP_sha1()).add(password).add(decoded->substr(kSize)).finish();
  return same(digest, decoded->substr(0, kSize));
}

// crypt's own order of letters, six bits each, lowest first.
void append_letters(uint32_t bits, int count, std::string& text) {
  constexpr char kLetters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (; count-- > 0; bits >>= 6) text += kLetters[bits & 63];
}

std::string apr1_letters(const std::string& digest) {
  auto byte = [&](int i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(digest[static_cast<size_t>(i)]));
  };
  std::string text;
  for (int i = 0; i < 5; ++i) {
    // The last group takes byte 5 in place of byte 16, which there is not.
    append_letters(byte(i) << 16 | byte(i + 6) << 8 | byte(i == 4 ? 5 : i + 12), 4, text);
  }
  append_letters(byte(11), 2, text);
  return text;
}

/// Apache's variant of the MD5 crypt: a thousand rounds.
std::string apr1(std::string_view password, std::string_view salt) {
  constexpr int kRounds = 1000;
  const EVP_MD* md5 = EVP_md5();
  std::string inner = Digest(md5).add(password).add(salt).add(password).finish();
  Digest first(md5);
  first.add(password).add("$apr1$").add(salt);
  for (size_t left = password.size(); left > 0; left -= std::min<size_t>(left, 16)) {
    first.add(std::string_view(inner).substr(0, std::min<size_t>(left, 16)));
  }
  for (size_t bits = password.size(); bits != 0; bits >>= 1) {
    first.add((bits & 1) != 0 ? std::string_view("\0", 1) : password.substr(0, 1));
  }
  std::string digest = first.finish();
  for (int round = 0; round < kRounds; ++round) {
    Digest next(md5);
    bool odd = round % 2 == 1;
    next.add(odd ? password : std::string_view(digest));
    if (round % 3 != 0) next.add(salt);
    if (round % 7 != 0) next.add(password);
    next.add(odd ? std::string_view(digest) : password);
    digest = next.finish();
  }
  return apr1_letters(digest);
}

bool matches_apr1(std::string_view password, std::string_view stored) {
  constexpr size_t kLongestSalt = 8;
  std::string_view rest = stored.substr(6);
  size_t end = rest.find('$');
  if (end == std::string_view::npos) return false;
  std::string_view salt = rest.substr(0, std::min(end, kLongestSalt));
  return same(apr1(password, salt), rest.substr(end + 1));
}

bool matches_crypt(const std::string& password, std::string_view stored) {
  auto state = std::make_unique<crypt_data>();
  std::string setting(stored);
  const char* made = crypt_r(password.c_str(), setting.c_str(), state.get());
  return made != nullptr && made[0] != '*' && same(made, stored);
}

}  // namespace

bool password_matches(const std::string& password, std::string_view stored) {
  if (stored.starts_with("$apr1$")) return matches_apr1(password, stored);
  if (stored.starts_with("{PLAIN}")) return same(password, stored.substr(7));
  if (stored.starts_with("{SSHA}")) return matches_sha(password, stored.substr(6), true);
  if (stored.starts_with("{SHA}")) return matches_sha(password, stored.substr(5), false);
  return matches_crypt(password, stored);
}

}  // namespace access_control
