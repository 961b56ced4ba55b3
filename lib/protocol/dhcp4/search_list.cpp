#include "lib/protocol/dhcp4/search_list.h"

#include <algorithm>
#include <optional>

namespace nbdroot::protocol::dhcp4 {
namespace {

constexpr unsigned kPointer = 0xc0;  // the two upper bits of a label's length
constexpr unsigned kOffsetBits = 0x3f;

struct Name {
    std::string text;     // labels with dots between them; a dot inside a label becomes a blank
    std::size_t end = 0;  // of what stands at its own place
};

void append_label(std::string& text, std::string_view label) {
    if (!text.empty()) text += '.';
    for (const char c : label) text += c == '.' ? ' ' : c;
}

// nullopt: damaged.
std::optional<Name> read_name(ByteView value, std::size_t start) {
    Name name;
    std::size_t part = start;  // where the part that is being read begins
    ByteReader reader(value.subspan(start));
    for (;;) {
        const auto length = reader.u8();
        if (!length) return std::nullopt;
        if (*length == 0) break;
        if ((*length & kPointer) == kPointer) {
            const auto low = reader.u8();
            if (!low) return std::nullopt;
            const std::size_t target = std::size_t{*length & kOffsetBits} << 8 | *low;
            if (target >= part) return std::nullopt;
            if (name.end == 0) name.end = value.size() - reader.remaining();
            part = target;
            reader = ByteReader(value.subspan(target));
            continue;
        }
        if ((*length & kPointer) != 0) return std::nullopt;
        const auto label = reader.text(*length);
        if (!label || name.text.size() + label->size() > kHostNameLimit) return std::nullopt;
        append_label(name.text, *label);
    }
    if (name.end == 0) name.end = value.size() - reader.remaining();
    return name;
}

bool is_label(std::string_view label) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !label.empty() && !label.starts_with('-') &&
           std::all_of(label.begin(), label.end(), fits);
}

}  // namespace

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > kHostNameLimit) return false;
    if (text.ends_with('.')) text.remove_suffix(1);
    for (;;) {
        const std::size_t dot = std::min(text.find('.'), text.size());
        if (!is_label(text.substr(0, dot))) return false;
        if (dot == text.size()) return true;
        text.remove_prefix(dot + 1);
    }
}

std::vector<std::string> read_search_list(ByteView value) {
    std::vector<std::string> domains;
    std::size_t start = 0;
    while (start < value.size() && domains.size() < kSearchLimit) {
        auto name = read_name(value, start);
        if (!name) break;
        start = name->end;
        if (!is_host_name(name->text)) continue;
        if (std::find(domains.begin(), domains.end(), name->text) == domains.end()) {
            domains.push_back(std::move(name->text));
        }
    }
    return domains;
}

}  // namespace nbdroot::protocol::dhcp4
