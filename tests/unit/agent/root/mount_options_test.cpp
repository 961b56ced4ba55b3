#include "agent/root/mount_options.h"

#include <sys/mount.h>

#include "tests/support/catch.h"

using namespace nbdroot::agent::root;

TEST_CASE("rootflags= are split into flags of mount(2) and options of the file system") {
    const auto [text, expected] = GENERATE(table<const char*, MountOptions>({
        {"", {}},
        {",,", {}},
        {"defaults", {}},
        {"noatime,nodev,data=writeback",
         {.flags = MS_NOATIME | MS_NODEV, .data = "data=writeback"}},
        {"noload,errors=remount-ro", {.data = "noload,errors=remount-ro"}},
        {"ro", {.read_only = true}},
        {"ro,rw", {.read_only = false}},
        {"noatime,relatime", {.flags = MS_RELATIME}},
        {"nosuid,suid,sync", {.flags = MS_SYNCHRONOUS}},
        {"NOATIME", {.data = "NOATIME"}},
        {"_netdev,nofail,auto,noauto,user,owner,group,x-systemd.growfs,X-mount.mkdir,comment=x",
         {}},
        {"x-y,subvol=@,nofail", {.data = "subvol=@"}},
        {"silent,loud", {}},
        {"iversion", {.flags = MS_I_VERSION}},
        {"iversion,noiversion", {}},
        {"mand,nosymfollow", {.flags = MS_MANDLOCK | 256U}},
    }));
    CAPTURE(text);
    CHECK(split_mount_options(text) == expected);
}

TEST_CASE("an option is found only as a whole word of the list") {
    CHECK(has_option("a,noload,b", "noload"));
    CHECK_FALSE(has_option("noloads,nonoload", "noload"));
    CHECK_FALSE(has_option("", "noload"));
    CHECK(with_option("", "noload") == "noload");
    CHECK(with_option("a", "noload") == "a,noload");
}

TEST_CASE("only file systems with a journal have an option to skip it") {
    CHECK(skip_recovery_option("ext4") == "noload");
    CHECK(skip_recovery_option("ext3") == "noload");
    CHECK(skip_recovery_option("xfs") == "norecovery");
    CHECK(skip_recovery_option("btrfs") == "rescue=nologreplay");
    CHECK(skip_recovery_option("f2fs") == "norecovery");
    CHECK(skip_recovery_option("ext2").empty());
    CHECK(skip_recovery_option("squashfs").empty());
}
