// The parameters of a kernel command line that mean something here: a table of them and what each
// one does to the draft.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "agent/config/draft.h"
#include "agent/config/options.h"
#include "agent/config/refuse.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::string_view kOptionPrefix = "nbdroot.";
constexpr std::uint64_t kDelaySecondsMaximum = 31'536'000;

// What init takes in front of "--", where other words are the kernel's or somebody else's.
constexpr std::array<std::string_view, 13> kInitWords{
    "single", "s", "S", "emergency", "rescue", "auto", "1", "2", "3", "4", "5", "-b", "-s"};

void append_list(TargetList& list, TargetList more) {
    for (Target& target : more.targets) list.targets.push_back(std::move(target));
    for (std::string& note : more.notes) list.notes.push_back(std::move(note));
    if (!more.device.empty()) list.device = std::move(more.device);
    if (!more.file_system.empty()) list.file_system = std::move(more.file_system);
    if (!more.flags.empty()) list.flags = std::move(more.flags);
    if (more.read_only) list.read_only = more.read_only;
}

Result<void> read_nbdroot(Draft&, Pass& pass, std::string_view value) {
    append_list(pass.targets, NBDROOT_TRY(parse_target_list(value)));
    return {};
}

Result<void> read_elsewhere(Pass& pass, std::string_view name, std::string_view value) {
    if (value == "dhcp") {
        pass.elsewhere.emplace().targets.push_back(Target{.kind = Target::Kind::dhcp});
    } else {
        pass.elsewhere = NBDROOT_TRY(parse_dracut_target(value));
    }
    pass.elsewhere_word = cat(name, '=', value);
    return {};
}

Result<void> read_netroot(Draft& draft, Pass& pass, std::string_view value) {
    if (value == "dhcp" || is_dracut_target(value)) return read_elsewhere(pass, "netroot", value);
    draft.config.notes.push_back(cat("netroot=", base::printable(value), " is not for NBD"));
    return {};
}

Result<void> read_root(Draft& draft, Pass& pass, std::string_view value) {
    if (value == "dhcp" || is_dracut_target(value)) {
        draft.root = "";
        return read_elsewhere(pass, "root", value);
    }
    // dracut's name for whatever netroot= brings.
    draft.root = value == "/dev/root" ? "" : value;
    return {};
}

Result<void> read_nbddev(Draft& draft, Pass&, std::string_view value) {
    auto device = parse_nbd_device(value);
    if (!device) return refuse(cat("takes /dev/nbdN, not ", quoted(value)));
    draft.implied_device = std::move(*device);
    return {};
}

Result<void> read_file_system(Draft& draft, Pass&, std::string_view value) {
    draft.file_system = value == "auto" ? "" : value;
    return {};
}

Result<void> read_flags(Draft& draft, Pass&, std::string_view value) {
    draft.flags = value;
    return {};
}

Result<void> read_ro(Draft& draft, Pass&, std::string_view) {
    draft.read_only = true;
    return {};
}

Result<void> read_rw(Draft& draft, Pass&, std::string_view) {
    draft.read_only = false;
    return {};
}

Result<void> read_init(Draft& draft, Pass&, std::string_view value) {
    if (value.empty()) {
        draft.config.notes.emplace_back("init= is empty and has no effect");
        return {};
    }
    draft.config.root.init = value;
    draft.config.root.init_given = true;
    return {};
}

Result<void> read_rootdelay(Draft& draft, Pass&, std::string_view value) {
    const auto seconds = base::parse_decimal(value, kDelaySecondsMaximum);
    if (seconds) {
        draft.config.root.delay = std::chrono::seconds(*seconds);
    } else {
        draft.config.notes.push_back(
            cat("rootdelay=", base::printable(value), " is no number of seconds, no effect"));
    }
    return {};
}

Result<void> read_panic(Draft& draft, Pass&, std::string_view value) {
    std::int32_t seconds = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, code] = std::from_chars(value.data(), end, seconds);
    if (code == std::errc() && stop == end) {
        draft.config.panic_seconds = seconds;
    } else {
        draft.config.notes.push_back(
            cat("panic=", base::printable(value), " is no number of seconds, no effect"));
    }
    return {};
}

Result<void> read_quiet(Draft& draft, Pass&, std::string_view) {
    draft.config.quiet = true;
    return {};
}

constexpr std::array kParameters{
    Parameter{"nbdroot", read_nbdroot},
    Parameter{"netroot", read_netroot},
    Parameter{"root", read_root},
    Parameter{"nbddev", read_nbddev},
    Parameter{"rootfstype", read_file_system},
    Parameter{"rootflags", read_flags},
    Parameter{"ro", read_ro, true},
    Parameter{"rw", read_rw, true},
    Parameter{"init", read_init},
    Parameter{"rootdelay", read_rootdelay},
    Parameter{"panic", read_panic},
    Parameter{"quiet", read_quiet, true},
};

}  // namespace

Result<void> read_parameter(Draft& draft, Pass& pass, const Word& word) {
    if (word.name.starts_with(kOptionPrefix)) {
        const std::string_view key = std::string_view(word.name).substr(kOptionPrefix.size());
        if (key == "device") draft.device_given = true;
        return set_option(draft.config, key, word.value);
    }
    if (word.name == "nbdroot" && !word.value) return refuse(cat("has no value; ", kForms));
    for (const std::span<const Parameter> table :
         {std::span<const Parameter>(kParameters), network_parameters()}) {
        for (const Parameter& parameter : table) {
            if (parameter.name != word.name || parameter.bare == word.value.has_value()) continue;
            return parameter.read(draft, pass, word.value.value_or(""));
        }
    }
    if (is_network_patience(word.name)) {
        draft.config.notes.push_back(
            cat(base::printable(joined(word)), " has no effect: the agent never stops trying"));
    }
    if (std::find(kInitWords.begin(), kInitWords.end(), joined(word)) != kInitWords.end()) {
        pass.init_arguments.push_back(word.name);
    }
    return {};  // somebody else's
}

}  // namespace nbdroot::agent::config
