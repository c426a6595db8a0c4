// Server-sent events to everybody who listens.
#pragma once

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
    void add(std::shared_ptr<EventStream> stream);
    // Event names and data: docs/http.md.
    void publish(std::string_view event, const nlohmann::json& data);
    [[nodiscard]] std::size_t listeners();
    // Lets go of all streams: they must not outlive their server.
    void clear();

  private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<EventStream>> streams_;
};

}  // namespace hone
