#include "agent/resident/notes.h"

#include <algorithm>

namespace nbdroot::agent::resident {
namespace {

template <class T>
std::optional<std::uint32_t> load(T& field) {
    const std::uint32_t noted = std::atomic_ref(field).load();
    if (noted == 0) return std::nullopt;
    return noted - 1;
}

template <class T, class Value>
void store(T& field, Value value) {
    std::atomic_ref(field).store(static_cast<T>(value));
}

}  // namespace

std::optional<MachineEnd> Notes::ending() const {
    const auto noted = load(memory_->ending);
    if (!noted) return std::nullopt;
    return static_cast<MachineEnd>(*noted);
}

void Notes::set_ending(std::optional<MachineEnd> how) {
    store(memory_->ending, how ? static_cast<std::uint32_t>(*how) + 1 : 0);
}

std::optional<Level> Notes::log_level() const {
    const auto noted = load(memory_->log_level);
    if (!noted) return std::nullopt;
    return static_cast<Level>(*noted);
}

void Notes::set_log_level(Level level) {
    store(memory_->log_level, static_cast<std::uint32_t>(level) + 1);
}

std::optional<std::uint32_t> Notes::timeout_seconds() const {
    return load(memory_->timeout_seconds);
}

void Notes::set_timeout_seconds(std::uint32_t seconds) {
    store(memory_->timeout_seconds, seconds + 1);
}

std::string Notes::info() const {
    const auto which = load(memory_->info);
    if (!which || *which >= memory_->texts.size()) return {};
    const Text& text = memory_->texts[*which];
    return {text.characters.data(), std::min<std::size_t>(text.length, text.characters.size())};
}

void Notes::set_info(std::string_view text) {
    const std::uint32_t next = load(memory_->info) == 0U ? 1 : 0;
    Text& place = memory_->texts[next];
    const std::string_view kept = text.substr(0, place.characters.size());
    std::copy(kept.begin(), kept.end(), place.characters.begin());
    place.length = static_cast<std::uint32_t>(kept.size());
    store(memory_->info, next + 1);
}

std::optional<std::size_t> Notes::server() const { return load(memory_->server); }

std::uint64_t Notes::reconnects() const { return std::atomic_ref(memory_->reconnects).load(); }

Duration Notes::longest_outage() const {
    return Duration(std::atomic_ref(memory_->longest_outage_ms).load());
}

void Notes::set_connections(const Connections& connections) {
    store(memory_->server, connections.server + 1);
    store(memory_->reconnects, connections.reconnects);
    store(memory_->longest_outage_ms, connections.longest_outage.count());
}

}  // namespace nbdroot::agent::resident
