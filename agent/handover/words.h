// What a peer gave, made safe for the files of others. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/network/network.h"

namespace nbdroot::agent::handover {

// Whether TEXT is one word of letters, digits, dots, hyphens and underscores, as domains are: none
// that any file of the hand-over could take for more than that.
[[nodiscard]] bool is_plain_word(std::string_view text);

// Where names without a dot are looked for; plain words only. Not the domain: rd.peerdns=0 leaves
// that there, and setup has taken it for the list where it may be.
[[nodiscard]] std::vector<std::string> search_list(const network::Network& network);

// NAME as the kernel takes it, which has 64 bytes for it: of a longer one the first label.
[[nodiscard]] std::string_view machine_name(std::string_view name);

// "10.0.0.1 10.0.0.2"
[[nodiscard]] std::string join_addresses(const std::vector<std::uint32_t>& addresses);

// The absolute path that a symbolic link in FOLDER means by TARGET, without dots:
// "/etc", "../run/x" -> "/run/x".
[[nodiscard]] std::string follow_link(std::string_view folder, std::string_view target);

}  // namespace nbdroot::agent::handover
