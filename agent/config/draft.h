// A command line that is being read.
//
// What one text gives several times over (targets, interfaces, name servers, arguments) is
// collected per text, because the command line's replace those of the defaults and do not add to
// them. What depends on other words (the device that root= implies, dracut's strings beside
// nbdroot=) is settled once all words are read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/config/target.h"
#include "agent/config/word.h"
#include "lib/base/result.h"

namespace nbdroot::agent::config {

constexpr std::string_view kForms =
    "write nbdroot=HOST[:PORT][/EXPORT], nbdroot=nbd://HOST[:PORT][/EXPORT] or nbdroot=dhcp";

// Everything read so far, from all texts.
struct Draft {
    BootConfig config;
    TargetList targets;               // of the last text that names any
    std::optional<std::string> root;  // root=
    std::string implied_device;       // nbddev=
    bool device_given = false;        // nbdroot.device=
    std::optional<std::string> file_system;
    std::optional<std::string> flags;
    std::optional<bool> read_only;
    bool ignore_boot_mac = false;  // rd.bootif=0
};

// Of the text that is being read.
struct Pass {
    TargetList targets;                   // nbdroot=
    std::optional<TargetList> elsewhere;  // netroot= and root=nbd:
    std::string elsewhere_word;
    std::vector<InterfaceConfig> interfaces;
    std::vector<std::uint32_t> name_servers;
    std::vector<StaticRoute> routes;
    std::vector<NamedInterface> names;
    std::vector<std::string> init_arguments;
};

struct Parameter {
    std::string_view name;
    // VALUE is without meaning where there was no '='; such words come here only if BARE.
    Result<void> (*read)(Draft&, Pass&, std::string_view value);
    bool bare = false;
};

// The words of the network.
[[nodiscard]] std::span<const Parameter> network_parameters();

// dracut's rd.net.timeout.dhcp= and others that say how long to try.
[[nodiscard]] bool is_network_patience(std::string_view name);

// Once all words are read: what one of them says about another. Refuses what contradicts itself.
[[nodiscard]] Result<void> settle_network(Draft& draft);

// Reads one word in front of "--". A word that is nobody's here is passed over.
[[nodiscard]] Result<void> read_parameter(Draft& draft, Pass& pass, const Word& word);

}  // namespace nbdroot::agent::config
