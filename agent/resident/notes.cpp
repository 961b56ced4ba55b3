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

// Whatever the memory holds.
template <class Text>
std::string read(const Text& text) {
    return {text.characters.data(), std::min<std::size_t>(text.length, text.characters.size())};
}

template <class Text>
void write(Text& place, std::string_view text) {
    const std::string_view kept = text.substr(0, place.characters.size());
    std::copy(kept.begin(), kept.end(), place.characters.begin());
    place.length = static_cast<std::uint32_t>(kept.size());
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
    return read(memory_->texts[*which]);
}

void Notes::set_info(std::string_view text) {
    const std::uint32_t next = load(memory_->info) == 0U ? 1 : 0;
    write(memory_->texts[next], text);
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

std::optional<std::size_t> Notes::wish() const { return load(memory_->wish); }

void Notes::set_wish(std::optional<std::size_t> server) {
    store(memory_->wish, server ? *server + 1 : 0);
}

std::optional<Notes::Image> Notes::image() const {
    const auto which = load(memory_->image);
    if (!which || *which >= memory_->images.size()) return std::nullopt;
    const ImagePlace& place = memory_->images[*which];
    return Image{.canonical_name = read(place.canonical_name),
                 .image_root = read(place.image_root)};
}

void Notes::set_image(const Image& image) {
    const std::uint32_t next = load(memory_->image) == 0U ? 1 : 0;
    ImagePlace& place = memory_->images[next];
    // A part of a name is another name.
    if (image.canonical_name.size() > place.canonical_name.characters.size()) return;
    if (image.image_root.size() > place.image_root.characters.size()) return;
    write(place.canonical_name, image.canonical_name);
    write(place.image_root, image.image_root);
    store(memory_->image, next + 1);
}

std::uint64_t Notes::held_back() const { return std::atomic_ref(memory_->held_back).load(); }

void Notes::set_held_back(std::uint64_t lines) { store(memory_->held_back, lines); }

}  // namespace nbdroot::agent::resident
