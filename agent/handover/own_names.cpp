#include "agent/handover/own_names.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/root_file.h"

namespace nbdroot::agent::handover {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// "0000:00:03.0"
struct PciAddress {
    std::uint32_t domain = 0;
    std::uint32_t bus = 0;
    std::uint32_t slot = 0;
    std::uint32_t function = 0;
};

std::optional<std::uint32_t> take_hex(std::string_view text) {
    std::uint32_t value = 0;
    if (text.empty() || text.size() > 8) return std::nullopt;
    for (const char one : text) {
        const std::size_t digit = kHexDigits.find(one);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
}

std::optional<PciAddress> parse_pci_address(std::string_view text) {
    const auto parts = base::split(text, ':');
    if (parts.size() != 3) return std::nullopt;
    const auto last = base::split(parts[2], '.');
    if (last.size() != 2) return std::nullopt;
    const auto domain = take_hex(parts[0]);
    const auto bus = take_hex(parts[1]);
    const auto slot = take_hex(last[0]);
    const auto function = take_hex(last[1]);
    if (!domain || !bus || !slot || !function) return std::nullopt;
    return PciAddress{.domain = *domain, .bus = *bus, .slot = *slot, .function = *function};
}

void add(std::vector<std::string>& names, std::string name) {
    if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
}

// NAME, with what tells functions and ports of one device apart.
void add_variants(std::vector<std::string>& names, const std::string& name, std::uint32_t function,
                  const Place& place) {
    for (const std::string& stem : {name, cat(name, 'f', function)}) {
        add(names, stem);
        if (!place.port_name.empty()) add(names, cat(stem, 'n', place.port_name));
        if (!place.port_number.empty() && place.port_number != "0") {
            add(names, cat(stem, 'd', place.port_number));
        }
    }
}

void add_path_name(std::vector<std::string>& names, const PciAddress& at, const Place& place) {
    const std::string domain = at.domain == 0 ? std::string() : cat('P', at.domain);
    add_variants(names, cat("en", domain, 'p', at.bus, 's', at.slot), at.function, place);
}

// A slot may be that of the device or of a bridge before it.
void add_slot_names(std::vector<std::string>& names, std::string_view address,
                    std::uint32_t function, const Place& place) {
    for (const HotplugSlot& slot : place.slots) {
        if (!slot.address.empty() && address.starts_with(slot.address + '.')) {
            add_variants(names, "ens" + slot.name, function, place);
        }
    }
}

void add_pci_names(std::vector<std::string>& names, const Place& place) {
    std::optional<PciAddress> last;
    const auto parts = base::split(place.device_path, '/');
    for (const std::string_view part : parts) {
        const auto address = parse_pci_address(part);
        if (address) last = address;
    }
    if (!last) return;
    add_path_name(names, *last, place);
    for (const std::string_view part : parts) add_slot_names(names, part, last->function, place);
}

std::string first_line(const std::string& path) {
    const auto text = sys::read_text_file(path, 4096);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

}  // namespace

Place read_place(const std::string& name, const std::string& mac) {
    const std::string folder = "/sys/class/net/" + name;
    Place place{.interface_name = name, .mac = mac};
    const auto path = sys::read_link(folder);
    if (path) place.device_path = *path;
    place.onboard_index = first_line(folder + "/device/acpi_index");
    if (place.onboard_index.empty()) place.onboard_index = first_line(folder + "/device/index");
    place.port_name = first_line(folder + "/phys_port_name");
    place.port_number = first_line(folder + "/dev_port");
    const auto slots = sys::list_in_root("/", "/sys/bus/pci/slots");
    if (!slots) return place;
    for (const std::string& slot : *slots) {
        place.slots.push_back(
            {.name = slot, .address = first_line(cat("/sys/bus/pci/slots/", slot, "/address"))});
    }
    return place;
}

std::vector<std::string> possible_names(const Place& place) {
    std::vector<std::string> names = {place.interface_name};
    add_pci_names(names, place);
    if (!place.onboard_index.empty()) add_variants(names, "eno" + place.onboard_index, 0, place);
    std::string mac = place.mac;
    std::erase(mac, ':');
    if (!mac.empty()) add(names, "enx" + mac);
    return names;
}

std::optional<std::string> sole_name(const std::vector<std::string>& stanzas,
                                     const std::vector<std::string>& present) {
    if (present.size() != 1) return std::nullopt;
    std::optional<std::string> found;
    for (const std::string& name : stanzas) {
        const bool is_ethernet = name.starts_with("en") || name.starts_with("eth");
        const bool is_part = name.find_first_of(".:") != std::string::npos;
        if (!is_ethernet || is_part || name == found) continue;
        if (found) return std::nullopt;
        found = name;
    }
    return found;
}

}  // namespace nbdroot::agent::handover
