// SPDX-License-Identifier: GPL-3.0-or-later
// An array whose copies share their unchanged parts.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace hone {

// Values by index; indices beyond the last set one hold T{}. Copying costs one pointer per kChunk values, and
// set() copies at most one chunk. A copy is safe to read from any thread while another one changes.
template <typename T, std::size_t kChunk = 1024>
class ChunkedArray {
  public:
    [[nodiscard]] const T& operator[](std::size_t index) const {
        static const T kNone{};
        const std::size_t chunk = index / kChunk;
        if (chunk >= chunks_.size() || chunks_[chunk] == nullptr) return kNone;
        return (*chunks_[chunk])[index % kChunk];
    }

    void set(std::size_t index, T value) { slot(index) = std::move(value); }

    // One more than the largest index that may differ from T{}.
    [[nodiscard]] std::size_t size() const { return chunks_.size() * kChunk; }

  private:
    using Chunk = std::array<T, kChunk>;

    T& slot(std::size_t index) {
        const std::size_t chunk = index / kChunk;
        if (chunk >= chunks_.size()) chunks_.resize(chunk + 1);
        auto& pointer = chunks_[chunk];
        if (pointer == nullptr)
            pointer = std::make_shared<Chunk>();
        else if (pointer.use_count() > 1)
            pointer = std::make_shared<Chunk>(*pointer);
        return (*pointer)[index % kChunk];
    }

    std::vector<std::shared_ptr<Chunk>> chunks_;
};

}  // namespace hone
