// SPDX-License-Identifier: GPL-3.0-or-later
// A bounded queue between pipeline stages. A full queue makes the producer wait, so memory stays bounded.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace hone {

// Any number of producers and consumers. Every method is safe from any thread.
template <typename T>
class BoundedQueue {
  public:
    // capacity: the most values in the queue at a time, > 0.
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    // Waits for a free slot. Returns false and drops the value when the queue is closed.
    bool push(T value) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
        if (closed_) return false;
        items_.push_back(std::move(value));
        lock.unlock();
        filled_.notify_one();
        return true;
    }

    // Waits for a value. Returns std::nullopt when the queue is closed and empty.
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [&] { return closed_ || !items_.empty(); });
        return take(lock);
    }

    // Waits at most `time` for a value. Returns std::nullopt on timeout, or when the queue is closed and
    // empty.
    std::optional<T> pop_within(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        filled_.wait_for(lock, time, [&] { return closed_ || !items_.empty(); });
        return take(lock);
    }

    // Returns true when the queue is closed and every value has been taken.
    [[nodiscard]] bool finished() {
        const std::lock_guard lock(mutex_);
        return closed_ && items_.empty();
    }

    // Does not wait. Returns std::nullopt when the queue is empty.
    std::optional<T> try_pop() {
        std::unique_lock lock(mutex_);
        return take(lock);
    }

    // Refuses new values from now on. Values in the queue can still be taken.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        room_.notify_all();
        filled_.notify_all();
    }

  private:
    std::optional<T> take(std::unique_lock<std::mutex>& lock) {
        if (items_.empty()) return std::nullopt;
        T value = std::move(items_.front());
        items_.pop_front();
        lock.unlock();
        room_.notify_one();
        return value;
    }

    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable room_, filled_;
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace hone
