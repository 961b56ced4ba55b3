// What one client asks for, request by request: a pure sequence, the same for the same seed.
#pragma once

#include <cstdint>
#include <optional>

namespace nbdroot::bench {

enum class Pattern {
    connect,     // nothing more: connect, negotiate, disconnect
    random,      // reads of block_bytes at random multiples of block_bytes
    sequential,  // reads of block_bytes one after the other, from the start again at the end
    boot,        // what a booting root asks for: see plan.cpp
};

struct Access {
    std::uint64_t offset_bytes = 0;
    std::uint32_t length_bytes = 0;
    bool writes = false;

    bool operator==(const Access&) const = default;
};

class Plan {
public:
    struct Options {
        Pattern pattern = Pattern::random;
        std::uint64_t image_bytes = 0;
        std::uint32_t block_bytes = 4096;
        std::uint64_t total_bytes = 0;  // the plan ends once this much was asked for
        std::uint64_t seed = 1;
        std::uint32_t write_percent = 0;  // so many of them write
    };
    explicit Plan(const Options& options);

    // The next one, or nullopt when the plan is done.
    [[nodiscard]] std::optional<Access> next();

private:
    std::uint64_t random();
    Access random_access(std::uint32_t length_bytes);
    Access boot_access();

    Options options_;
    std::uint64_t state_;
    std::uint64_t asked_bytes_ = 0;
    std::uint64_t position_bytes_ = 0;
    std::uint32_t run_left_ = 0;  // reads left of a sequential run of the boot pattern
};

}  // namespace nbdroot::bench
