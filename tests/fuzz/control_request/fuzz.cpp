// Requests to the control socket: what is understood can be said again, and means the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "server/control/request.h"

using nbdroot::server::control::parse_request;
using nbdroot::server::control::Request;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto request = parse_request(text);
    if (!request) {
        NBDROOT_ASSERT(!request.error().reason.empty());
        for (const char c : request.error().reason) NBDROOT_ASSERT(c >= ' ' && c <= '~');
        return 0;
    }
    NBDROOT_ASSERT(request->timeout >= nbdroot::Duration(0));
    NBDROOT_ASSERT(request->timeout <= nbdroot::server::control::kMaximumWait);
    const auto again = parse_request(to_json(*request));
    NBDROOT_ASSERT(again.has_value());
    NBDROOT_ASSERT(again->command == request->command);
    NBDROOT_ASSERT(again->export_name.has_value() == request->export_name.has_value());
    NBDROOT_ASSERT(again->machine == request->machine);
    NBDROOT_ASSERT(again->timeout == request->timeout);
    return 0;
}
