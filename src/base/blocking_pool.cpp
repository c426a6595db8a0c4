// SPDX-License-Identifier: GPL-3.0-or-later
// The queues of the drives, and the slots that limit each drive.
#include "base/blocking_pool.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace hone {

// The right to run one job of a drive. The helper threads of the job hold it too, so an abandoned call keeps
// it until the drive answers.
struct BlockingPool::Slot {
    Slot(std::shared_ptr<State> owner, std::string name) : state(std::move(owner)), drive(std::move(name)) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot();

    const std::shared_ptr<State> state;
    const std::string drive;
    bool abandoned = false;  // guarded by state->mutex
};

struct BlockingPool::State : std::enable_shared_from_this<State> {
    explicit State(const BlockingPoolLimits& chosen) : limits(chosen) {}

    struct Drive {
        unsigned busy = 0, abandoned = 0;
        std::deque<Job> waiting;
    };
    struct ReadyJob {
        std::shared_ptr<Slot> slot;
        Job job;
    };

    const BlockingPoolLimits limits;
    std::mutex mutex;  // guards the members below
    std::condition_variable_any changed;
    std::map<std::string, Drive> drives;
    std::deque<ReadyJob> ready;
    bool stopped = false;

    bool add(const std::string& name, Job job, bool limited) {
        {
            const std::lock_guard lock(mutex);
            if (stopped) return false;
            Drive& drive = drives[name];
            const bool waits = drive.busy >= limits.of_one_drive;
            if (limited && waits &&
                (drive.waiting.size() >= limits.waiting || drive.abandoned >= limits.of_one_drive))
                return false;
            if (waits)
                drive.waiting.push_back(std::move(job));
            else
                start(name, drive, std::move(job));
        }
        changed.notify_one();
        return true;
    }
    // Requires mutex.
    void start(const std::string& name, Drive& drive, Job job) {
        ++drive.busy;
        ready.push_back({std::make_shared<Slot>(shared_from_this(), name), std::move(job)});
    }
    void free(const Slot& slot) {
        {
            const std::lock_guard lock(mutex);
            const auto found = drives.find(slot.drive);
            if (found == drives.end()) return;  // after stop()
            Drive& drive = found->second;
            --drive.busy;
            if (slot.abandoned) --drive.abandoned;
            if (!drive.waiting.empty()) {
                Job next = std::move(drive.waiting.front());
                drive.waiting.pop_front();
                start(slot.drive, drive, std::move(next));
            } else if (drive.busy == 0) {
                drives.erase(found);
            }
        }
        changed.notify_one();
    }
};

BlockingPool::Slot::~Slot() {
    state->free(*this);
}

BlockingPool::BlockingPool(const BlockingPoolLimits& limits) : state_(std::make_shared<State>(limits)) {
    for (unsigned thread = 0; thread < limits.threads; ++thread)
        threads_.emplace_back([state = state_](const std::stop_token& stop) { work(state, stop); });
}

BlockingPool::~BlockingPool() {
    stop();
}

bool BlockingPool::try_run(const std::string& drive, Job job) {
    return state_->add(drive, std::move(job), true);
}

void BlockingPool::run(const std::string& drive, Job job) {
    state_->add(drive, std::move(job), false);
}

void BlockingPool::stop() {
    for (std::jthread& thread : threads_) thread.request_stop();
    threads_.clear();
    // Destroying a job or a slot takes the mutex again.
    std::map<std::string, State::Drive> drives;
    std::deque<State::ReadyJob> ready;
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
    drives.swap(state_->drives);
    ready.swap(state_->ready);
}

void BlockingPool::work(const std::shared_ptr<State>& state, const std::stop_token& stop) {
    std::unique_lock lock(state->mutex);
    while (state->changed.wait(lock, stop, [&] { return !state->ready.empty(); }) && !stop.stop_requested()) {
        auto [slot, job] = std::move(state->ready.front());
        state->ready.pop_front();
        lock.unlock();
        {
            BlockingCalls calls(state->limits.patience, stop, slot);
            job(calls);
            if (calls.abandoned()) {
                const std::lock_guard again(state->mutex);
                const auto drive = state->drives.find(slot->drive);
                if (drive != state->drives.end()) ++drive->second.abandoned;
                slot->abandoned = true;
            }
        }
        job = nullptr;
        slot.reset();
        lock.lock();
    }
}

}  // namespace hone
