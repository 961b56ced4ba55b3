#include "bench/load/statistics.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace nbdroot::bench {

std::uint32_t percentile(std::vector<std::uint32_t>& values, unsigned p) {
    if (values.empty()) return 0;
    const std::size_t rank = std::max<std::size_t>(1, (values.size() * p + 99) / 100);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

std::string to_json(Statistics& statistics) {
    const double seconds = std::max(statistics.seconds, 1e-9);
    std::array<char, 512> line{};
    std::snprintf(
        line.data(), line.size(),
        "{\"clients\":%llu,\"served\":%llu,\"failed\":%llu,\"reads\":%llu,"
        "\"writes\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"iops\":%.1f,\"gib_per_s\":%.4f,"
        "\"connects_per_s\":%.1f,\"read_p50_us\":%u,\"read_p99_us\":%u,"
        "\"connect_max_us\":%u}",
        static_cast<unsigned long long>(statistics.clients),
        static_cast<unsigned long long>(statistics.served),
        static_cast<unsigned long long>(statistics.failed),
        static_cast<unsigned long long>(statistics.reads),
        static_cast<unsigned long long>(statistics.writes),
        static_cast<unsigned long long>(statistics.bytes), statistics.seconds,
        static_cast<double>(statistics.reads + statistics.writes) / seconds,
        static_cast<double>(statistics.bytes) / seconds / (1ULL << 30),
        static_cast<double>(statistics.served) / seconds,
        percentile(statistics.read_microseconds, 50), percentile(statistics.read_microseconds, 99),
        percentile(statistics.connect_microseconds, 100));
    return line.data();
}

}  // namespace nbdroot::bench
