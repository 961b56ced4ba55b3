// Which commas of a value separate what, and the forms that only other programs write.
#include <utility>

#include "agent/config/export_name.h"
#include "agent/config/host.h"
#include "agent/config/parse.h"
#include "agent/config/refuse.h"
#include "agent/config/target.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::uint64_t kDeviceMaximum = 32767;  // 20 bits of minor, 5 of them for partitions

// Debian's initramfs-tools script. Its README says that a numeric second field is a port; the
// script takes it as a name, and so do we.
Result<TargetList> parse_debian_fields(const std::vector<std::string_view>& fields) {
    if (fields.size() != 3) {
        return refuse(
            cat("a last field nbdN belongs to the three fields HOST,NAME,nbdN, and here "
                "are ",
                fields.size()));
    }
    if (fields[0] == "dhcp" || fields[0].empty()) {
        return refuse(
            "the server cannot come from DHCP with the export given here: put "
            "HOST:PORT/EXPORT into DHCP's root-path and write nbdroot=dhcp");
    }
    if (fields[0].find('/') != std::string_view::npos) {
        return refuse(cat("a last field nbdN makes this HOST,NAME,nbdN, and ", quoted(fields[0]),
                          " is no HOST; a comma inside an export is %2C"));
    }
    TargetList list;
    Target target = NBDROOT_TRY(parse_single_target(fields[0]));
    target.export_name = NBDROOT_TRY(parse_export(fields[1]));
    if (base::parse_decimal(fields[1])) {
        list.notes.push_back(cat(quoted(fields[1]),
                                 " in HOST,NAME,nbdN is the export, as in "
                                 "Debian's script; a port is written HOST:PORT/EXPORT"));
    }
    list.targets.push_back(std::move(target));
    list.device = *parse_nbd_device(fields[2]);
    return list;
}

Result<void> check_list_element(std::string_view element) {
    if (element.empty()) return refuse("a target between commas is empty");
    if (element == "dhcp" || element.find_first_of(":/[") != std::string_view::npos) return {};
    return refuse(cat(quoted(element),
                      " behind a comma is no target (nbd://HOST, HOST:PORT, "
                      "HOST/EXPORT, [V6], dhcp); an export is written HOST/EXPORT, a comma inside "
                      "one %2C"));
}

Failure with_element(const Error& error, std::string_view element) {
    return refuse(cat("target ", quoted(element), ": ", error.reason));
}

// nbd-client's options as the last field of dracut's form, which become its words: "-N,NAME". Only
// the name says something about the target.
Result<void> read_nbd_options(std::string_view text, TargetList& list) {
    bool name_follows = false;
    for (const std::string_view option : base::split(text, ',')) {
        if (option.empty()) continue;
        if (name_follows) {
            list.targets[0].export_name = NBDROOT_TRY(parse_export(option));
            name_follows = false;
        } else if (option == "-N" || option == "-name") {
            name_follows = true;
        } else {
            list.notes.push_back(cat("nbd-client's option ", quoted(option), " has no effect"));
        }
    }
    if (name_follows) return refuse("behind -N belongs a name, as in -N,NAME");
    return {};
}

void read_mount_options(std::string_view text, TargetList& list) {
    for (const std::string_view option : base::split(text, ',')) {
        if (option == "ro" || option == "rw") {
            list.read_only = option == "ro";
        } else if (!option.empty()) {
            if (!list.flags.empty()) list.flags += ',';
            list.flags += option;
        }
    }
}

// The text before the next ':' of TEXT, which loses both.
std::string_view take_field(std::string_view& text) {
    const std::size_t colon = text.find(':');
    const std::string_view field = text.substr(0, colon);
    text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    return field;
}

}  // namespace

std::optional<std::string> parse_nbd_device(std::string_view text) {
    if (text.starts_with("/dev/")) text.remove_prefix(5);
    if (!text.starts_with("nbd")) return std::nullopt;
    const std::string_view digits = text.substr(3);
    if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
    if (!base::parse_decimal(digits, kDeviceMaximum)) return std::nullopt;
    return std::string(text);
}

bool is_dracut_target(std::string_view text) {
    if (!text.starts_with("nbd:")) return false;
    const std::string_view rest = text.substr(4);
    // A host that is called nbd: nbd://…, nbd:/NAME, nbd:PORT, nbd:PORT/NAME.
    if (rest.starts_with('/')) return false;
    return rest.empty() || !base::parse_decimal(rest.substr(0, rest.find('/')));
}

Result<TargetList> parse_dracut_target(std::string_view text) {
    auto [host, rest] = NBDROOT_TRY(take_host(text.substr(4)));
    if (!rest.starts_with(':') || rest.size() == 1 || rest[1] == ':') {
        return refuse(
            "dracut's form is nbd:SERVER:PORT or nbd:SERVER:NAME, and here is no second "
            "field; nbdroot=SERVER is the default export");
    }
    rest.remove_prefix(1);
    TargetList list;
    Target& target = list.targets.emplace_back();
    target.host = std::move(host);
    const std::string_view port_or_name = take_field(rest);
    const bool is_port = port_or_name.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_port) {
        target.port = NBDROOT_TRY(parse_port(port_or_name));
    } else {
        target.export_name = NBDROOT_TRY(parse_export(port_or_name));
        if (base::parse_decimal(port_or_name.substr(0, port_or_name.find('/')))) {
            list.notes.push_back(cat(quoted(port_or_name),
                                     " is the whole export, as in dracut; "
                                     "port and export are written nbdroot=HOST:PORT/EXPORT"));
        }
    }
    list.file_system = take_field(rest);
    if (list.file_system == "auto") list.file_system.clear();
    read_mount_options(take_field(rest), list);
    NBDROOT_CHECK(read_nbd_options(rest, list));
    return list;
}

Result<TargetList> parse_target_list(std::string_view text) {
    if (is_dracut_target(text)) return parse_dracut_target(text);
    const auto elements = base::split(text, ',');
    if (elements.size() > 1 && parse_nbd_device(elements.back())) {
        return parse_debian_fields(elements);
    }
    TargetList list;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i > 0) NBDROOT_CHECK(check_list_element(elements[i]));
        if (i == 0 && elements.size() > 1 && elements[i].empty()) {
            return refuse("a target between commas is empty");
        }
        if (is_dracut_target(elements[i])) {
            return refuse(cat(quoted(elements[i]), ": dracut's form stands alone, not in a list"));
        }
        auto target = parse_single_target(elements[i]);
        if (!target && elements.size() > 1) return with_element(target.error(), elements[i]);
        list.targets.push_back(NBDROOT_TRY(std::move(target)));
    }
    return list;
}

Result<Target> parse_target(std::string_view text) {
    auto list = parse_target_list(text);
    if (list && list->targets.size() != 1) {
        return fail("target", base::printable(text),
                    "is a list, and only one target can stand here");
    }
    if (!list) return fail("target", base::printable(text), std::move(list.error().reason));
    return std::move(list->targets[0]);
}

}  // namespace nbdroot::agent::config
