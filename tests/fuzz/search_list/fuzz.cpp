// The list of domains that a DHCP server sends, with its pointers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lib/protocol/dhcp4/search_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::protocol::dhcp4;
    const auto domains = read_search_list(std::as_bytes(std::span(data, size)));
    if (domains.size() > kSearchLimit) std::abort();
    for (const std::string& domain : domains) {
        if (!is_host_name(domain)) std::abort();
    }
    return 0;
}
