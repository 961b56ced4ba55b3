// Whether what the kernel has to write becomes less. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/time.h"

namespace nbdroot::agent::exit {

// "Dirty" and "Writeback" of /proc/meminfo (proc_meminfo(5)), in KiB; nullopt: they are not there.
[[nodiscard]] std::optional<std::uint64_t> kib_to_write(std::string_view meminfo);

// A time limit that begins anew whenever there is less to write than at the look before: a healthy
// server is not cut off, however much it gets.
class Patience {
public:
    Patience(Duration limit, Instant now) : limit_(limit), since_(now) {}

    // KIB nullopt: not known, the time goes on.
    [[nodiscard]] bool is_over(std::optional<std::uint64_t> kib, Instant now);

private:
    Duration limit_;
    Instant since_;
    std::optional<std::uint64_t> last_kib_;
};

}  // namespace nbdroot::agent::exit
