// SPDX-License-Identifier: GPL-3.0-or-later
// Server-sent events to all listeners.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "server/http_server.hpp"
#include "wire/document.hpp"

namespace hone {

// Safe from any thread.
class EventHub {
  public:
    // role: decides which fields it gets. allowed: returns true while it may still listen.
    struct Listener {
        Role role = Role::kViewer;
        std::function<bool()> allowed;
    };
    // Adds a listener until its stream is closed.
    void add(std::shared_ptr<EventStream> stream, Listener listener);
    // Sends an event to one listener, unless its role gets nothing of it.
    static void send(EventStream& stream, const Listener& listener, std::string_view event,
                     const Document& data);
    // Sends an event to every listener; docs/http.md lists names and data.
    void publish(std::string_view event, const Document& data);
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
