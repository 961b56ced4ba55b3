// Which names a host name may mean (resolv.conf(5), search and ndots:1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::protocol::dns {

// HOST with a dot at its end is meant as it is. With a dot elsewhere it is tried as it is, then in
// the domains of SEARCH; without one in SEARCH first. Those that are no names are left out; empty:
// HOST itself is none.
[[nodiscard]] std::vector<std::string> candidates_of(std::string_view host,
                                                     const std::vector<std::string>& search);

}  // namespace nbdroot::protocol::dns
