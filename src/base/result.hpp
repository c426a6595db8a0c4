// SPDX-License-Identifier: GPL-3.0-or-later
// Errors as values. Every call that can fail because of the world (files, input, network) returns Result<T>.
// A message is one line: what happened, where, and what to do about it.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

namespace hone {

// Tells the caller how to react. The command line maps it to an exit code, HTTP to a status.
enum class ErrorKind {
    kFailed,      // exit 1, HTTP 500: the environment refused it (disk full, broken file)
    kUsage,       // exit 1 (2 when the command line alone shows it), HTTP 400: the request is invalid
    kInUse,       // exit 3, HTTP 409: another process holds the library
    kConflict,    // exit 1, HTTP 409: existing data contradicts the request
    kNotFound,    // exit 1, HTTP 404
    kTooLarge,    // exit 1, HTTP 413
    kUnavailable  // exit 1, HTTP 503: works later or after set-up (no model, still starting)
};

struct Error {
    ErrorKind kind = ErrorKind::kFailed;
    std::string message;
};

template <typename T = void>
using Result = std::expected<T, Error>;

// Returns an error of the given kind with a formatted message. Pure function.
template <typename... Args>
std::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
    return std::unexpected(Error{kind, fmt::format(text, std::forward<Args>(args)...)});
}

// The same with kFailed.
template <typename... Args>
std::unexpected<Error> fail(fmt::format_string<Args...> text, Args&&... args) {
    return fail(ErrorKind::kFailed, text, std::forward<Args>(args)...);
}

}  // namespace hone

// HONE_TRY(auto x, call()): x is the value, or the enclosing function returns the error.
// HONE_CHECK(call()): the same for Result<void>.
#define HONE_CONCAT_(a, b) a##b
#define HONE_CONCAT(a, b) HONE_CONCAT_(a, b)
#define HONE_TRY_(name, decl, ...)                              \
    auto name = (__VA_ARGS__);                                  \
    if (!name) return std::unexpected(std::move(name).error()); \
    decl = std::move(*name)
#define HONE_TRY(decl, ...) HONE_TRY_(HONE_CONCAT(hone_try_, __LINE__), decl, __VA_ARGS__)
#define HONE_CHECK(...)                                            \
    do {                                                           \
        if (auto hone_check = (__VA_ARGS__); !hone_check)          \
            return std::unexpected(std::move(hone_check).error()); \
    } while (false)
