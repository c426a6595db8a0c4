// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 through OpenSSL's EVP interface, and its hexadecimal form.
#include "base/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/file.hpp"

namespace hone {

struct Sha256Hasher::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {
    EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
}
Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::add(std::span<const std::uint8_t> bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

Sha256 Sha256Hasher::finish() {
    Sha256 digest{};
    EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
    return digest;
}

Sha256 sha256(std::span<const std::uint8_t> bytes) {
    Sha256Hasher hasher;
    hasher.add(bytes);
    return hasher.finish();
}

Sha256 sha256(std::string_view text) {
    return sha256(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

Result<Sha256> sha256_file(const std::filesystem::path& path) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) return fail("cannot open {}: {}", printable(path), std::strerror(errno));
    Sha256Hasher hasher;
    std::vector<std::uint8_t> block(1 << 20);
    for (std::size_t count = block.size(); count == block.size();) {
        count = std::fread(block.data(), 1, block.size(), file.get());
        hasher.add(std::span(block).first(count));
    }
    if (std::ferror(file.get())) return fail("cannot read {}: {}", printable(path), std::strerror(errno));
    return hasher.finish();
}

Result<std::string> git_blob_id(const std::filesystem::path& path) {
    HONE_TRY(const std::string content, read_text(path));
    const std::string blob = fmt::format("blob {}", content.size()) + '\0' + content;
    std::array<std::uint8_t, 20> digest{};
    EVP_Digest(blob.data(), blob.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    return to_hex(digest);
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

Result<Sha256> sha256_from_hex(std::string_view hex) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    Sha256 bytes{};
    bool valid = hex.size() == 2 * bytes.size();
    for (std::size_t position = 0; valid && position < bytes.size(); ++position) {
        const int high = digit(hex[2 * position]);
        const int low = digit(hex[2 * position + 1]);
        valid = high >= 0 && low >= 0;
        bytes[position] = static_cast<std::uint8_t>(16 * high + low);
    }
    if (!valid)
        return fail(ErrorKind::kUsage, "not a SHA-256 of 64 hexadecimal digits: '{}'", hex.substr(0, 80));
    return bytes;
}

}  // namespace hone
