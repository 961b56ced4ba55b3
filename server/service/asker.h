// Who has asked over a service connection, and how the answer gets there.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/protocol/service/window.h"
#include "server/config/host_address.h"

namespace nbdroot::server::service {

using protocol::service::Status;

struct Reply {
    Status status = Status::failed;
    std::string text{};  // JSON
};
// Once, on the loop's thread, now or later; where the connection has gone, it goes nowhere.
using Answer = std::function<void(Reply)>;

struct Asker {
    std::string peer;     // "10.0.0.7:40001"
    std::string subject;  // what it calls its export
    std::optional<config::HostAddress> address{};
    // Its connection has ended: what is done for it may stop. Any thread may ask.
    std::shared_ptr<const std::atomic<bool>> is_gone{};
};

}  // namespace nbdroot::server::service
