// SPDX-License-Identifier: GPL-3.0-or-later
// The helper thread behind each run of blocking calls, and the wait that abandons it.
#include "base/blocking_calls.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace hone {

struct BlockingCalls::Thread {
    explicit Thread(std::shared_ptr<void> kept) : held(std::move(kept)) {}

    const std::shared_ptr<void> held;
    std::mutex mutex;  // guards the members below, except the atomic heartbeat
    std::condition_variable_any changed;
    std::function<void(Heartbeat&)> call;
    bool done = false, left = false;
    std::exception_ptr thrown;
    Heartbeat heartbeat;

    void work() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return call || left; });
            if (left) return;
            std::function<void(Heartbeat&)> now = std::exchange(call, nullptr);
            lock.unlock();
            std::exception_ptr exception;
            try {
                now(heartbeat);
            } catch (...) {
                exception = std::current_exception();
            }
            now = nullptr;  // destroying the call may close a file, which asks the drive too
            lock.lock();
            thrown = std::move(exception);
            done = true;
            changed.notify_all();
        }
    }
};

BlockingCalls::BlockingCalls(std::chrono::milliseconds patience, std::stop_token stop,
                             std::shared_ptr<void> held)
    : patience_(patience), stop_(std::move(stop)), held_(std::move(held)) {}

BlockingCalls::~BlockingCalls() {
    leave();
}

void BlockingCalls::leave() {
    if (!thread_) return;
    {
        const std::lock_guard lock(thread_->mutex);
        thread_->left = true;
    }
    thread_->changed.notify_all();
    thread_.reset();
}

bool BlockingCalls::run(std::function<void(Heartbeat&)> call) {
    if (!thread_) {
        thread_ = std::make_shared<Thread>(held_);
        std::thread([thread = thread_] { thread->work(); }).detach();
    }
    {
        std::unique_lock lock(thread_->mutex);
        thread_->done = false;
        thread_->call = std::move(call);
        thread_->changed.notify_all();
        std::uint64_t beats = thread_->heartbeat.beats();
        auto answered = std::chrono::steady_clock::now();
        const auto look = patience_ / 8;
        while (!thread_->changed.wait_for(lock, stop_, look, [&] { return thread_->done; })) {
            const auto now = std::chrono::steady_clock::now();
            if (const std::uint64_t later = thread_->heartbeat.beats(); later != beats) {
                beats = later;
                answered = now;
            }
            if (stop_.stop_requested() || now - answered >= patience_) break;
        }
        if (thread_->done) {
            if (thread_->thrown) std::rethrow_exception(std::exchange(thread_->thrown, nullptr));
            return true;
        }
    }
    abandoned_ = true;
    leave();
    return false;
}

std::shared_ptr<const FileDescriptor> share_descriptor(FileDescriptor descriptor) {
    return {new FileDescriptor(std::move(descriptor)), [](const FileDescriptor* shared) {
                try {
                    std::thread([shared] { delete shared; }).detach();
                } catch (const std::system_error&) {
                    // No thread is free: an open descriptor is better than a thread that waits for ever.
                }
            }};
}

}  // namespace hone
