// A DHCP client and the messages that pass between it and an invented server.
#pragma once

#include "lib/protocol/dhcp4/client.h"
#include "tests/support/catch.h"

namespace nbdroot::protocol::dhcp4 {

inline constexpr Mac kMac{0x52, 0x54, 0, 0x12, 0x34, 0x56};
inline constexpr std::uint32_t kServer = 0x0a000202;
inline constexpr std::uint32_t kAddress = 0x0a00020f;
inline constexpr std::uint32_t kLeaseSeconds = 86400;

inline Instant at(std::int64_t milliseconds) { return Instant(Duration(100'000 + milliseconds)); }

// A client and the messages that pass between it and an invented server.
struct Exchange {
    // RANDOM 0 makes every retry a quarter earlier than its nominal time.
    explicit Exchange(ClientOptions options = {.mac = kMac})
        : client(std::move(options), [this] { return random; }) {}

    std::uint32_t random = 0;
    Client client;

    Output output() {
        auto output = client.next_output();
        REQUIRE(output);
        return *output;
    }
    Message sent() { return message_of(output()); }
    static Message message_of(const Output& output) {
        const auto message = parse_message(output.payload);
        REQUIRE(message);
        return *message;
    }
    [[nodiscard]] std::int64_t next_ms() const {
        REQUIRE(client.next_deadline());
        return (*client.next_deadline() - at(0)).count();
    }
    // The answer of type TYPE to REQUEST.
    static Message answer(const Message& request, MessageType type,
                          std::uint32_t server = kServer) {
        Message message;
        message.is_reply = true;
        message.transaction = request.transaction;
        message.mac = request.mac;
        message.your_address = kAddress;
        message.add_u8(OptionCode::message_type, static_cast<std::uint8_t>(type));
        message.add_u32(OptionCode::server_identifier, server);
        message.add_u32(OptionCode::lease_seconds, kLeaseSeconds);
        message.add_u32(OptionCode::subnet_mask, 0xffffff00);
        return message;
    }
    std::string reason_for(const Message& message, std::int64_t milliseconds = 10) {
        const auto taken = client.on_message(serialize(message), at(milliseconds));
        return taken ? "" : taken.error().reason;
    }
    // As far as requesting; returns the request.
    Message request() {
        client.start(at(0));
        CHECK(reason_for(answer(sent(), MessageType::offer)).empty());
        return sent();
    }
    // As far as bound, all of it at 10 ms.
    void bind() { CHECK(reason_for(answer(request(), MessageType::ack)).empty()); }
    // Lets time pass up to the next deadline.
    void wait() { client.on_time(at(next_ms())); }
};

inline std::uint8_t type_of(const Message& message) {
    return message.u8(OptionCode::message_type).value_or(0);
}

}  // namespace nbdroot::protocol::dhcp4
