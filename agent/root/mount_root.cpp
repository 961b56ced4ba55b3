// Which node, which file system, which options: then mount(2), and a second try without the journal
// where the device cannot be written.
#include <sys/mount.h>

#include "agent/disk/superblock.h"
#include "agent/root/mount_options.h"
#include "agent/root/root.h"
#include "agent/root/root_device.h"
#include "lib/base/text.h"
#include "lib/sys/block_device.h"
#include "lib/sys/clock.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace nbdroot::agent::root {
namespace {

struct Candidate {
    std::string device;
    std::vector<std::string> file_systems;  // to try in this order
    bool needs_recovery = false;
};

Result<void> expect_partition(const std::string& partition, const std::string& device) {
    if (sys::is_block_device(partition)) return {};
    NBDROOT_CHECK(sys::read_partitions(device));
    if (sys::is_block_device(partition)) return {};
    return fail("find", "root=" + partition,
                cat("the kernel sees no such partition in the table of ", device));
}

std::vector<std::string> split_types(const std::string& text) {
    std::vector<std::string> types;
    for (const std::string_view type : base::split(text, ',')) {
        if (!type.empty() && type != "auto") types.emplace_back(type);
    }
    return types;
}

std::vector<std::string> types_to_try(const std::string& wanted, const disk::Superblock* found) {
    std::vector<std::string> types = split_types(wanted);
    if (!types.empty() || found == nullptr) return types;
    types.push_back(found->file_system);
    // The ext4 driver reads its ancestors; kernels are often built without theirs.
    if (found->file_system == "ext2" || found->file_system == "ext3") types.emplace_back("ext4");
    return types;
}

Result<Candidate> find_candidate(const config::RootConfig& config, const std::string& device) {
    Bytes start = NBDROOT_TRY(sys::read_start(device, disk::kProbeBytes));
    const std::string chosen =
        NBDROOT_TRY(choose_device(config.device, device, disk::probe_superblock(start)));
    if (chosen != device) {
        NBDROOT_CHECK(expect_partition(chosen, device));
        start = NBDROOT_TRY(sys::read_start(chosen, disk::kProbeBytes));
    }
    const auto found = disk::probe_superblock(start);
    Candidate candidate{.device = chosen,
                        .file_systems = types_to_try(config.file_system, found ? &*found : nullptr),
                        .needs_recovery = found && found->needs_recovery};
    if (candidate.file_systems.empty()) {
        return fail("mount", chosen, disk::describe_unknown(start, device));
    }
    return candidate;
}

// What the kernel's error number does not say by itself.
std::string_view hint(int code) {
    switch (code) {
        case ENODEV:
            return "; the kernel has no driver for it: put its module into the initramfs";
        case EINVAL:
            return "; another file system, or an option that it does not know: the kernel's own "
                   "line has more";
        case EROFS:
            return "; the server allows no writing and the file system wants to";
        default:
            return "";
    }
}

Failure mount_failure(const Candidate& candidate, const std::string& type, int code) {
    return fail("mount", cat(candidate.device, " as ", type),
                cat(sys::describe_errno(code), hint(code)), code);
}

// Adds the option that skips the journal to REQUEST; false where there is none to add.
bool skip_recovery(sys::MountRequest& request, const Log& log) {
    const std::string_view option = skip_recovery_option(request.type);
    if (option.empty() || has_option(request.data, option)) return false;
    request.data = with_option(request.data, option);
    log.warning(cat("mount ", request.source, ": the journal of ", request.type,
                    " needs recovery, which a read-only device does not allow; mounting with ",
                    option));
    return true;
}

struct Access {
    bool device_is_read_only;
    bool read_only;
};

Access choose_access(const config::RootConfig& config, const MountOptions& options,
                     bool device_is_read_only, const Log& log) {
    const bool wanted = options.read_only.value_or(config.read_only);
    if (device_is_read_only && !wanted) {
        log.warning(
            "mount: rw was asked for, but the server gives the export read-only; "
            "mounting read-only");
    }
    return {.device_is_read_only = device_is_read_only, .read_only = wanted || device_is_read_only};
}

Result<Mounted> mount_candidate(const Candidate& candidate, const MountOptions& options,
                                const Access& access, const Log& log) {
    const unsigned long flags = options.flags | (access.read_only ? unsigned{MS_RDONLY} : 0U);
    Failure last = mount_failure(candidate, candidate.file_systems.front(), ENODEV);
    for (const std::string& type : candidate.file_systems) {
        sys::MountRequest request{.source = candidate.device,
                                  .target = kNewRoot,
                                  .type = type,
                                  .flags = flags,
                                  .data = options.data};
        if (access.device_is_read_only && candidate.needs_recovery) skip_recovery(request, log);
        auto result = sys::mount_file_system(request);
        if (!result && result.error().code == EROFS && access.device_is_read_only &&
            skip_recovery(request, log)) {
            result = sys::mount_file_system(request);
        }
        if (result) return Mounted{candidate.device, type, access.read_only};
        last = mount_failure(candidate, type, result.error().code);
    }
    return last;
}

}  // namespace

Result<Mounted> mount_root(const config::RootConfig& config, const std::string& device,
                           bool device_is_read_only, const Log& log) {
    if (config.delay > Duration{0}) {
        log.info(cat("mount waits ", config.delay.count(), " ms (rootdelay=)"));
        sys::pause_until(sys::now() + config.delay);
    }
    const Candidate candidate = NBDROOT_TRY(find_candidate(config, device));
    const MountOptions options = split_mount_options(config.flags);
    const Access access = choose_access(config, options, device_is_read_only, log);
    NBDROOT_CHECK(sys::make_directories(kNewRoot));
    return mount_candidate(candidate, options, access, log);
}

}  // namespace nbdroot::agent::root
