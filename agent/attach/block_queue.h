// /sys/block/nbdN: the size the kernel shows, and how it queues requests.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/log.h"
#include "lib/base/result.h"

namespace nbdroot::agent::attach {

[[nodiscard]] Result<std::uint64_t> shown_size_bytes(const std::string& device);

// Requests of at most 512 KiB: one must always fit a relay.
[[nodiscard]] Result<void> limit_request_size(const std::string& device);

// queue/io_timeout: how often the driver looks whether its connection was replaced. It kills no
// connection, because no NBD time-out is set. Failures are warnings.
void shorten_request_timer(const std::string& device, const Log& log);

// Opens /dev/DEVICE once, at which the kernel reads the partition table and makes the nodes.
[[nodiscard]] Result<void> scan_partitions(const std::string& device);

}  // namespace nbdroot::agent::attach
