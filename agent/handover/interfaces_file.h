// The interfaces(5) of ifupdown, and of those that read the same file, so that none of them takes
// the root's interface down. Pure.
//
// Its stanza becomes one by the method "manual", which does nothing but set it up, with the lines
// kept that run commands when it comes up or name DNS servers. "manual" is safe for inet only, and
// only for `ifdown -a` (ifupdown's inet.defn): so stanzas for inet6 become it too, and a hotplug
// interface, for which systemd calls `ifdown NAME` at its end, becomes an automatic one. What is
// replaced stays as a comment. Left out: IPv6 that is not by router advertisements.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::handover {

// What the running system may call the interface; the first is its name by now.
using OwnNames = std::vector<std::string>;

// FILE with each of NAMES a manual interface; nullopt: nothing of it is for one of them.
[[nodiscard]] std::optional<std::string> with_manual_interfaces(std::string_view file,
                                                                const OwnNames& names);

// Names of stanzas that FILE has NAMES configured by (auto NAME=STANZA).
[[nodiscard]] std::vector<std::string> logical_names(std::string_view file, const OwnNames& names);

// The names that FILE has stanzas for.
[[nodiscard]] std::vector<std::string> interface_names(std::string_view file);

// Another file, or files, that FILE includes.
struct Inclusion {
    std::string path;           // as it is written there
    bool is_directory = false;  // by source-directory
};
[[nodiscard]] std::vector<Inclusion> inclusions_of(std::string_view file);

// Whether NAME matches a pattern of a shell's kind, with * and ?; one with [...] matches anything.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace nbdroot::agent::handover
