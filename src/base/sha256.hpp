// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 (FIPS 180-4), computed by OpenSSL. The free functions are safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace hone {

using Sha256 = std::array<std::uint8_t, 32>;

// Hashes bytes that arrive in pieces. Not thread-safe.
class Sha256Hasher {
  public:
    Sha256Hasher();
    ~Sha256Hasher();
    Sha256Hasher(const Sha256Hasher&) = delete;
    Sha256Hasher& operator=(const Sha256Hasher&) = delete;
    // Appends bytes. Only before finish().
    void add(std::span<const std::uint8_t> bytes);
    Sha256 finish();  // call it once, at the end

  private:
    struct State;
    std::unique_ptr<State> state_;
};

Sha256 sha256(std::span<const std::uint8_t> bytes);
Sha256 sha256(std::string_view text);
// Reads the file in blocks. kFailed when it cannot be read.
Result<Sha256> sha256_file(const std::filesystem::path& path);

// Returns the name that git gives to the file's content: the SHA-1 of "blob SIZE", a zero byte and the bytes,
// in hex. Hubs state it for files that lie in git itself. kFailed when the file cannot be read.
Result<std::string> git_blob_id(const std::filesystem::path& path);

std::string to_hex(std::span<const std::uint8_t> bytes);  // lower case, two digits per byte
// kUsage unless the text is exactly 64 hexadecimal digits.
Result<Sha256> sha256_from_hex(std::string_view hex);

}  // namespace hone
