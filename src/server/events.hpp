// SPDX-License-Identifier: GPL-3.0-or-later
// Server-sent events to all listeners.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "server/http_server.hpp"

namespace hone {

// Safe from any thread.
class EventHub {
  public:
    // sees_paths: may see file paths. allowed: returns true while it may still listen.
    struct Listener {
        bool sees_paths = true;
        std::function<bool()> allowed;
    };
    // Adds a listener until its stream is closed.
    void add(std::shared_ptr<EventStream> stream, Listener listener);
    // Sends an event to every listener; docs/http.md lists names and data. for_all: the data for listeners
    // that must not see paths; null: they do not receive the event.
    void publish(std::string_view event, const nlohmann::json& data, const nlohmann::json& for_all);
    // Ends the streams of listeners that are no longer allowed.
    void check();
    // Number of open streams.
    [[nodiscard]] std::size_t listeners();
    // Drops all streams; they must not outlive their server.
    void clear();

  private:
    std::mutex mutex_;
    std::vector<std::pair<std::shared_ptr<EventStream>, Listener>> streams_;
};

}  // namespace hone
