#include "agent/attach/geometry.h"

#include <optional>

#include "tests/support/catch.h"

namespace nbdroot::agent::attach {
namespace {

protocol::nbd::ExportInfo sized(std::uint64_t size_bytes,
                                std::optional<std::uint32_t> minimum = {}) {
    protocol::nbd::ExportInfo info;
    info.size_bytes = size_bytes;
    if (minimum) info.block_sizes = protocol::nbd::BlockSizes{.minimum = *minimum};
    return info;
}

}  // namespace

TEST_CASE("blocks are 512 bytes unless the server's minimum is larger") {
    const auto [minimum, block] = GENERATE(table<std::optional<std::uint32_t>, std::uint32_t>(
        {{std::nullopt, 512}, {1, 512}, {512, 512}, {1024, 1024}, {4096, 4096}}));
    const auto geometry = plan_geometry(sized(1 << 20, minimum), "export");
    REQUIRE(geometry);
    CHECK(*geometry == Geometry{.block_size_bytes = block, .blocks = (1U << 20) / block});
}

TEST_CASE("the odd end of an export is counted as out of reach, not rounded up") {
    const auto geometry = plan_geometry(sized(1000 * 512 + 100), "export");
    REQUIRE(geometry);
    CHECK(*geometry == Geometry{.blocks = 1000, .unreachable_bytes = 100});
    CHECK(geometry->size_bytes() == 512'000);
}

TEST_CASE("a block size that the kernel refuses is named before it is asked") {
    const std::uint32_t minimum = GENERATE(3u, 1000u, 8192u, 65536u);
    const auto geometry = plan_geometry(sized(1 << 20, minimum), "10.0.0.1:10809");
    REQUIRE_FALSE(geometry);
    CHECK(geometry.error().message().find("the server wants blocks of") != std::string::npos);
}

TEST_CASE("an export smaller than one block is refused instead of waited for") {
    CHECK_FALSE(plan_geometry(sized(0), "export"));
    CHECK_FALSE(plan_geometry(sized(511), "export"));
    CHECK_FALSE(plan_geometry(sized(4095, 4096), "export"));
}

TEST_CASE("a size beyond the kernel's signed offsets is refused") {
    CHECK_FALSE(plan_geometry(sized(std::uint64_t{1} << 63), "export"));
    CHECK(plan_geometry(sized(INT64_MAX), "export"));
}

TEST_CASE("a device name other than nbdN is refused") {
    const std::string name = GENERATE("", "nbd", "nbd-1", "nbd0p1", "sda", "nbd 0", "nbd99999",
                                      "nbd18446744073709551616");
    CHECK_FALSE(device_index(name));
}

TEST_CASE("a device name gives its number") {
    CHECK(device_index("nbd0") == 0u);
    CHECK(device_index("nbd15") == 15u);
}

TEST_CASE("a long export name cannot overflow the page on which sysfs shows it") {
    const std::string longest(4096, 'x');
    CHECK(backend_identifier(longest).size() <= 256);
    CHECK(backend_identifier("debian") == "nbdroot:debian");
}

}  // namespace nbdroot::agent::attach
