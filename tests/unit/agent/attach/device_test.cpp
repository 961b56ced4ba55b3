#include "agent/attach/device.h"

#include <filesystem>

#include "agent/attach/block_queue.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::attach {

TEST_CASE("a device that is gone, or has another size than it was attached with, is not attached") {
    CHECK_FALSE(is_attached({.name = "nbd65535", .path = "/dev/nbd65535"}));
    for (const auto& entry : std::filesystem::directory_iterator("/sys/block")) {
        const std::string name = entry.path().filename();
        const auto size_bytes = shown_size_bytes(name);
        if (!size_bytes) continue;
        CAPTURE(name);
        Device device{.name = name, .path = "/dev/" + name, .size_bytes = *size_bytes};
        CHECK(is_attached(device));
        ++device.size_bytes;
        CHECK_FALSE(is_attached(device));
        return;
    }
}

}  // namespace nbdroot::agent::attach
