// The files about name servers that other software leaves behind.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/network/name_service.h"

namespace {

using nbdroot::agent::network::NameService;

void check(const NameService& service) {
    for (const std::uint32_t server : service.servers) {
        if (server == 0) std::abort();
    }
    for (const std::string& domain : service.search) {
        if (domain.find('\n') != std::string::npos) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(nbdroot::agent::network::parse_resolv_conf(text));
    check(nbdroot::agent::network::parse_net_conf(text));
    return 0;
}
