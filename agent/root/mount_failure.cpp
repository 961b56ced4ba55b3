#include "agent/root/mount_failure.h"

#include <cerrno>

#include "agent/disk/table_trouble.h"
#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::agent::root {
namespace {

constexpr std::uint64_t kSectorBytes = 512;  // the kernel's devices have no part of one

// What the kernel's error number does not say by itself.
std::string hint(const FailedMount& failed) {
    switch (failed.code) {
        case ENODEV:
            return cat("; the kernel has no driver for it: put the module ", failed.type,
                       " into the initramfs (nbdroot-mkinitramfs --add-modules ", failed.type, ")");
        case EINVAL:
            if (failed.type_is_given && !failed.found.empty() && failed.found != failed.type) {
                return cat("; its superblock says ", failed.found, ": leave rootfstype= out");
            }
            return "; damaged, or an option of rootflags= that it does not know: the kernel's own "
                   "line has more";
        case EROFS:
            return failed.is_below_overlay
                       ? "; nothing may write below an overlay, and the file system wants to: "
                         "mount it without one once, or repair the image"
                       : "; the server allows no writing and the file system wants to";
        default:
            return "";
    }
}

std::string size_text(std::uint64_t bytes) {
    return cat(base::human_size(bytes), " (", bytes, " bytes)");
}

}  // namespace

Failure mount_failure(const FailedMount& failed) {
    return fail("mount", cat(failed.node, " as ", failed.type),
                cat(sys::describe_errno(failed.code), hint(failed)), failed.code);
}

std::optional<Failure> too_small(const std::string& node, const disk::Superblock& found,
                                 std::uint64_t size_bytes) {
    if (found.size_bytes <= size_bytes) return std::nullopt;
    if (found.size_bytes - size_bytes < kSectorBytes) {
        return fail("mount", node,
                    cat("its ", found.file_system, " ends within the last ", kSectorBytes,
                        " bytes, of which the device has none: pad the image (truncate -s %4096)"));
    }
    return fail("mount", node,
                cat("it has ", size_text(size_bytes), ", its ", found.file_system, " needs ",
                    size_text(found.size_bytes),
                    ": the image is cut off; copy it again, or shrink the file system first"));
}

Failure with_trouble(Error error, const TableFacts& facts) {
    const std::string trouble = disk::describe_trouble(facts.table, facts.device_bytes);
    if (!trouble.empty()) error.reason += cat("; of the device: ", trouble);
    return fail(std::move(error));
}

std::string read_only_export(const std::string& device) {
    return cat("mount ", device,
               ": rw was asked for, but the server gives the export read-only; mounting "
               "read-only: make the export writable, or use nbdroot.overlay=tmpfs");
}

}  // namespace nbdroot::agent::root
