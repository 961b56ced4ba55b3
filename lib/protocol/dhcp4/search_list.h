// Option 119: the domains in which names without a dot are looked for (RFC 3397).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"

namespace nbdroot::protocol::dhcp4 {

inline constexpr std::size_t kSearchLimit = 16;     // domains of one list; more are cut off
inline constexpr std::size_t kHostNameLimit = 253;  // RFC 1035 section 2.3.4, as text

// Names end up in files of the running system: nothing but letters, digits, '-', '_' and '.', not
// longer than kHostNameLimit, no empty label but for a final dot.
[[nodiscard]] bool is_host_name(std::string_view text);

// VALUE, with the compression of RFC 1035 section 4.1.4. A pointer leads only to what stands before
// the name or part that it ends, so no loop is possible. Domains that are no host names, the root
// and repetitions are left out; the list ends where it is damaged.
[[nodiscard]] std::vector<std::string> read_search_list(ByteView value);

}  // namespace nbdroot::protocol::dhcp4
