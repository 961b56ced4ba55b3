// The NBD side of a service connection, pure: bytes in, requests and bytes out.
//
// One request at a time: while its answer is being made nothing further is taken, but for the
// client's good-bye. A READ waits for the answer, or for tell_working().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/transmission.h"
#include "lib/protocol/service/window.h"

namespace nbdroot::server::service {

class Conversation {
public:
    using Status = protocol::service::Status;

    explicit Conversation(bool structured_replies)
        : features_{.structured_replies = structured_replies} {}

    // Takes from the front of BYTES what can be taken now, and says how much. Bytes that it leaves
    // come again, with more, or once the output is taken, or the answer is there.
    std::size_t on_bytes(ByteView bytes);
    // The longest request that on_bytes() wants to see whole.
    static constexpr std::size_t kMaximumBytes =
        protocol::nbd::kRequestSize + protocol::service::kMaximumRequest;

    // To be carried out and answered; once.
    [[nodiscard]] std::optional<std::string> take_request();
    void answer(Status status, std::string text);
    // Whoever waits is told that it takes time.
    void tell_working() { tells_working_ = waits_; }

    [[nodiscard]] bool works() const { return works_; }
    // A READ waits for the answer.
    [[nodiscard]] bool waits() const { return waits_; }
    [[nodiscard]] Bytes take_output();
    // The client has said good-bye, or why it is sent away.
    [[nodiscard]] const std::optional<std::string>& over() const { return over_; }

private:
    using Request = protocol::nbd::Request;
    using ErrorNumber = protocol::nbd::ErrorNumber;

    [[nodiscard]] std::size_t step(ByteView bytes);
    [[nodiscard]] std::size_t skip(ByteView bytes);
    [[nodiscard]] std::size_t refuse(const Request& request, ErrorNumber error);
    [[nodiscard]] std::size_t read(const Request& request);
    [[nodiscard]] std::size_t write(const Request& request, ByteView bytes);
    void reply(const Request& request, ErrorNumber error);
    void put_window(std::uint64_t offset_bytes, std::size_t count);

    protocol::nbd::Features features_;
    Bytes output_;
    std::optional<std::string> request_;
    Status status_ = Status::idle;
    std::string answer_;
    std::uint32_t number_ = 0;
    std::uint64_t skip_bytes_ = 0;  // of a payload that is refused
    bool works_ = false;
    bool waits_ = false;
    bool tells_working_ = false;
    std::optional<std::string> over_;
};

}  // namespace nbdroot::server::service
