#include "lib/protocol/dhcp4/request.h"

#include <array>
#include <string_view>

namespace nbdroot::protocol::dhcp4 {
namespace {

// The largest message we take: an Ethernet frame's worth without IP and UDP headers.
constexpr std::uint16_t kMaximumMessageBytes = 1472;

constexpr std::string_view kVendorClass = "nbdroot";

// Search list and time servers are for the running system, not for the boot. RFC 3442: 121 before
// the router's 3.
constexpr std::array kWanted = {
    OptionCode::subnet_mask,
    OptionCode::classless_routes,
    OptionCode::router,
    OptionCode::name_servers,
    OptionCode::host_name,
    OptionCode::domain_name,
    OptionCode::root_path,
    OptionCode::mtu,
    OptionCode::broadcast_address,
    OptionCode::time_servers,
    OptionCode::lease_seconds,
    OptionCode::server_identifier,
    OptionCode::renewal_seconds,
    OptionCode::rebinding_seconds,
    OptionCode::domain_search,
};

}  // namespace

Message make_request(const ClientOptions& options, const Request& request) {
    Message message;
    message.transaction = request.transaction;
    message.seconds = request.seconds;
    message.broadcast = request.broadcast;
    message.client_address = request.own_address;
    message.mac = options.mac;
    message.add_u8(OptionCode::message_type, static_cast<std::uint8_t>(request.type));
    if (!options.client_id.empty()) {
        message.add(OptionCode::client_identifier, base::as_bytes(options.client_id));
    }
    if (request.requested != 0) message.add_u32(OptionCode::requested_address, request.requested);
    if (request.server != 0) message.add_u32(OptionCode::server_identifier, request.server);
    // RFC 2131 table 5: a DECLINE has nothing more.
    if (request.type == MessageType::decline) return message;
    if (!options.host_name.empty()) {
        message.add(OptionCode::host_name, base::as_bytes(options.host_name));
    }
    message.add_u16(OptionCode::maximum_size, kMaximumMessageBytes);
    message.add(OptionCode::vendor_class, base::as_bytes(kVendorClass));
    message.add(OptionCode::parameter_list, std::as_bytes(std::span(kWanted)));
    return message;
}

}  // namespace nbdroot::protocol::dhcp4
