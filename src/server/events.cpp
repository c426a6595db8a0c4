#include "server/events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hone {

void EventHub::add(std::shared_ptr<EventStream> stream) {
    const std::lock_guard lock(mutex_);
    streams_.push_back(std::move(stream));
}

void EventHub::publish(std::string_view event, const nlohmann::json& data) {
    const std::string text = fmt::format("event: {}\ndata: {}\n\n", event,
                                         data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& stream) { return stream->closed(); });
    for (const auto& stream : streams_) stream->send(text);
}

std::size_t EventHub::listeners() {
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& stream) { return stream->closed(); });
    return streams_.size();
}

void EventHub::clear() {
    const std::lock_guard lock(mutex_);
    streams_.clear();
}

}  // namespace hone
