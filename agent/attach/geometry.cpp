#include "agent/attach/geometry.h"

#include <bit>

#include "lib/base/text.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::uint32_t kSmallestBlock = 512;      // a sector: the kernel knows no smaller block
constexpr std::uint32_t kLargestBlock = 4096;      // the smallest page size; nbd.c refuses more
constexpr std::uint64_t kLargestSize = INT64_MAX;  // loff_t

// dev names end in a minor number of at most 20 bits, 4 of them for partitions.
constexpr std::uint64_t kLargestIndex = (1U << 16) - 1;

// sysfs shows it on one page, and old kernels print it there unchecked.
constexpr std::size_t kIdentifierBytes = 200;

}  // namespace

Result<Geometry> plan_geometry(const protocol::nbd::ExportInfo& info, const std::string& object) {
    const std::uint32_t minimum = info.block_sizes ? info.block_sizes->minimum : 1;
    if (minimum > kLargestBlock || (minimum != 0 && !std::has_single_bit(minimum))) {
        return fail("attach", object,
                    cat("the server wants blocks of ", minimum,
                        " bytes; the kernel takes a power of two up to ", kLargestBlock));
    }
    if (info.size_bytes > kLargestSize) {
        return fail("attach", object, cat("a size of ", info.size_bytes, " bytes is too large"));
    }
    Geometry geometry{.block_size_bytes = minimum > kSmallestBlock ? minimum : kSmallestBlock};
    geometry.blocks = info.size_bytes / geometry.block_size_bytes;
    geometry.unreachable_bytes =
        static_cast<std::uint32_t>(info.size_bytes % geometry.block_size_bytes);
    if (geometry.blocks == 0) {
        return fail("attach", object,
                    cat("the export's ", info.size_bytes, " bytes are less than one block of ",
                        geometry.block_size_bytes, " bytes"));
    }
    return geometry;
}

Result<std::uint32_t> device_index(const std::string& name) {
    constexpr std::string_view kPrefix = "nbd";
    if (name.starts_with(kPrefix)) {
        const auto index = base::parse_decimal(name.substr(kPrefix.size()), kLargestIndex);
        if (index) return static_cast<std::uint32_t>(*index);
    }
    return fail("attach", base::printable(name), "not a device name such as nbd0");
}

std::string backend_identifier(const std::string& export_name) {
    return base::printable(cat("nbdroot:", export_name), kIdentifierBytes);
}

}  // namespace nbdroot::agent::attach
