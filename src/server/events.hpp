// Server-sent events to everybody who listens.
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
    // Whether the listener may know where files lie, and whether it may listen still.
    struct Listener {
        bool sees_paths = true;
        std::function<bool()> allowed;
    };
    void add(std::shared_ptr<EventStream> stream, Listener listener);
    // Event names and data: docs/http.md. for_all: the data for listeners who must not know where files lie;
    // null: they hear nothing of it.
    void publish(std::string_view event, const nlohmann::json& data, const nlohmann::json& for_all);
    // Ends the streams of those who may no longer listen.
    void check();
    [[nodiscard]] std::size_t listeners();
    // Lets go of all streams: they must not outlive their server.
    void clear();

  private:
    std::mutex mutex_;
    std::vector<std::pair<std::shared_ptr<EventStream>, Listener>> streams_;
};

}  // namespace hone
