// SPDX-License-Identifier: GPL-3.0-or-later
// The photos that a search can return, as bits by photo number. Excluding the others costs no query.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "catalog/catalog.hpp"

namespace hone {

// Safe from any thread. A snapshot never changes.
class AvailablePhotos {
  public:
    using Bits = std::vector<bool>;

    // Bits by photo number; photos beyond its size are not available.
    [[nodiscard]] std::shared_ptr<const Bits> snapshot() const {
        const std::lock_guard lock(mutex_);
        return bits_;
    }
    void replace(std::span<const PhotoNumber> numbers) {
        const std::lock_guard lock(mutex_);
        publish(Bits{}, numbers);
    }
    // Holds the lock from reading to writing; otherwise it could undo a concurrent replace().
    void add(std::span<const PhotoNumber> numbers) {
        const std::lock_guard lock(mutex_);
        publish(*bits_, numbers);
    }

  private:
    void publish(Bits bits, std::span<const PhotoNumber> numbers) {
        for (const PhotoNumber number : numbers) {
            if (number >= bits.size()) bits.resize(std::size_t{number} + 1);
            bits[number] = true;
        }
        bits_ = std::make_shared<const Bits>(std::move(bits));
    }

    mutable std::mutex mutex_;
    std::shared_ptr<const Bits> bits_ = std::make_shared<const Bits>();
};

}  // namespace hone
