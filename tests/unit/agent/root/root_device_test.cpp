#include "agent/root/root_device.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent;
using namespace nbdroot::agent::root;

namespace {

constexpr const char* kUuid = "12345678-9abc-def0-0102-030405060708";

Volume whole(std::optional<disk::Superblock> content = std::nullopt) {
    return {.node = "/dev/nbd0", .size_bytes = 1 << 20, .content = std::move(content)};
}

Volume partition(std::uint32_t number, std::string file_system, std::string type = "linux",
                 std::uint64_t attributes = 0) {
    Volume volume{.node = cat("/dev/nbd0p", number),
                  .partition = disk::Partition{.number = number,
                                               .type = std::move(type),
                                               .uuid = cat("aaaa-0", number),
                                               .name = cat("part", number),
                                               .attributes = attributes}};
    if (!file_system.empty()) {
        volume.content = {.file_system = std::move(file_system),
                          .uuid = cat("fs-", number),
                          .label = cat("label", number)};
    }
    return volume;
}

std::string root_type() { return std::string(root_partition_type()); }

std::string error_of(const std::string& root, const Volumes& volumes) {
    const auto chosen = choose_device(root, volumes);
    REQUIRE_FALSE(chosen.has_value());
    return chosen.error().message();
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

const disk::Superblock kWhole{"ext4", kUuid, "rootfs"};

}  // namespace

TEST_CASE("root= means the whole device or a tag of what fills it") {
    const auto [root, is_whole] = GENERATE(table<const char*, bool>({
        {"", true},
        {"auto", true},
        {"/dev/root", true},
        {"/dev/nbd0", true},
        {"/dev/nbd0p1", false},
        {"UUID=12345678-9ABC-def0-0102-030405060708", true},
        {"UUID=\"12345678-9abc-def0-0102-030405060708\"", true},
        {"LABEL=rootfs", true},
        {"LABEL=Rootfs", false},
        {"PARTUUID=12345678-9abc-def0-0102-030405060708", false},
    }));
    CAPTURE(root);
    CHECK(is_whole_device(root, whole(kWhole)) == is_whole);
    if (is_whole) CHECK(choose_device(root, {whole(kWhole)})->node == "/dev/nbd0");
}

TEST_CASE("root= means a partition by number or by one of its tags") {
    const Volumes volumes = {whole(), partition(1, ""), partition(2, "ext4"), partition(5, "xfs")};
    const auto [root, node] = GENERATE(table<const char*, const char*>({
        {"/dev/nbd0p1", "/dev/nbd0p1"},
        {"/dev/nbd0p15", "/dev/nbd0p15"},  // the kernel may know a table that we do not
        {"UUID=FS-2", "/dev/nbd0p2"},
        {"LABEL=label5", "/dev/nbd0p5"},
        {"LABEL=\"label5\"", "/dev/nbd0p5"},
        {"PARTUUID=AAAA-01", "/dev/nbd0p1"},
        {"PARTUUID=aaaa-01/PARTNROFF=1", "/dev/nbd0p2"},
        {"PARTUUID=aaaa-02/PARTNROFF=3", "/dev/nbd0p5"},
        {"PARTUUID=aaaa-02/PARTNROFF=0", "/dev/nbd0p2"},
        {"PARTLABEL=part1", "/dev/nbd0p1"},
    }));
    CAPTURE(root);
    const auto chosen = choose_device(root, volumes);
    REQUIRE(chosen.has_value());
    CHECK(chosen->node == node);
    CHECK_FALSE(chosen->read_only);
}

TEST_CASE("root= that is not on the device is refused with what to write") {
    for (const char* const root :
         {"/dev/sda1", "/dev/nbd1", "/dev/nbd0p0", "/dev/nbd0p01", "/dev/nbd0p256", "/dev/nbd0p",
          "/dev/nbd0x1", "LABEL=", "UUID=", "LABEL=Rootfs", "UUID=12345678", "PARTUUID=1-2",
          "PARTLABEL=root", "PARTUUID=aaaa-01/PARTNROFF=9", "PARTUUID=aaaa-01/PARTNROFF=x",
          "tmpfs"}) {
        CAPTURE(root);
        const std::string error = error_of(root, {whole(kWhole), partition(1, "ext4")});
        CHECK(holds(error, cat("root=", root)));
        CHECK(holds(error, "root=/dev/nbd0"));
    }
}

TEST_CASE("a wrong UUID lists the ones that exist") {
    const std::string error =
        error_of("UUID=dead", {whole(), partition(1, "ext4"), partition(2, "xfs")});
    CHECK(error ==
          "find root=UUID=dead: nothing on /dev/nbd0 has this UUID; there are: /dev/nbd0p1: ext4, "
          "UUID=fs-1, LABEL=label1, PARTUUID=aaaa-01, PARTLABEL=part1; /dev/nbd0p2: xfs, "
          "UUID=fs-2, LABEL=label2, PARTUUID=aaaa-02, PARTLABEL=part2; write one of these, or "
          "root=/dev/nbd0pN");
    CHECK(holds(error_of("UUID=dead", {whole(kWhole)}), cat("/dev/nbd0: ext4, UUID=", kUuid)));
}

TEST_CASE("an empty tag never matches a file system without that tag") {
    const disk::Superblock nameless{"squashfs", "", ""};
    CHECK(holds(error_of("UUID=", {whole(nameless)}), "has this UUID"));
    CHECK(holds(error_of("LABEL=", {whole(nameless)}), "has this LABEL"));
    CHECK_FALSE(is_whole_device("UUID=", whole(nameless)));
}

TEST_CASE("a label that two partitions have is refused") {
    Volume twin = partition(2, "ext4");
    twin.content->label = "label1";
    const std::string error =
        error_of("LABEL=label1", {whole(), partition(1, "ext4"), std::move(twin)});
    CHECK(holds(error, "more than one"));
    CHECK(holds(error, "/dev/nbd0p2"));
}

TEST_CASE("without root= the device, the root type, the sole file system count in this order") {
    const auto [what, volumes, node] = GENERATE(table<const char*, Volumes, const char*>({
        {"device", {whole(kWhole)}, "/dev/nbd0"},
        {"device before its partitions", {whole(kWhole), partition(1, "xfs")}, "/dev/nbd0"},
        {"unknown device without partitions", {whole()}, "/dev/nbd0"},
        {"root type",
         {whole(), partition(1, "ext4"), partition(2, "xfs", root_type())},
         "/dev/nbd0p2"},
        {"root type with a content that is not known",
         {whole(), partition(1, "ext4"), partition(2, "", root_type())},
         "/dev/nbd0p2"},
        {"sole file system",
         {whole(), partition(1, ""), partition(2, "ext4"), partition(3, "")},
         "/dev/nbd0p2"},
        {"root type that says no-auto",
         {whole(), partition(1, "ext4"), partition(2, "ext4", root_type(), disk::kAttributeNoAuto)},
         "/dev/nbd0p1"},
    }));
    CAPTURE(what);
    const auto chosen = choose_device("", volumes);
    REQUIRE(chosen.has_value());
    CHECK(chosen->node == node);
}

TEST_CASE("where rootfstype= is given the only partition is the root, whatever it holds") {
    const Volumes one = {whole(), partition(1, "")};
    CHECK_FALSE(choose_device("", one).has_value());
    CHECK(choose_device("", one, RootType::given)->node == "/dev/nbd0p1");
    const Volumes known = {whole(), partition(1, ""), partition(2, "ext4")};
    CHECK(choose_device("", known, RootType::given)->node == "/dev/nbd0p2");
    const Volumes two = {whole(), partition(1, ""), partition(2, "")};
    CHECK_FALSE(choose_device("", two, RootType::given).has_value());
    const Volumes hidden = {whole(), partition(1, "", "linux", disk::kAttributeNoAuto)};
    CHECK_FALSE(choose_device("", hidden, RootType::given).has_value());
}

TEST_CASE("a partition that was found by itself is as read-only as its table says") {
    const Volumes volumes = {whole(), partition(1, "ext4", root_type(), disk::kAttributeReadOnly)};
    CHECK(choose_device("", volumes)->read_only);
    CHECK_FALSE(choose_device("/dev/nbd0p1", volumes)->read_only);
    CHECK_FALSE(choose_device("UUID=fs-1", volumes)->read_only);
}

TEST_CASE("a root that is not clear lists all partitions") {
    const auto [what, volumes, reason] = GENERATE(table<const char*, Volumes, const char*>({
        {"two roots",
         {whole(), partition(1, "ext4", root_type()), partition(2, "ext4", root_type())},
         "more than one partition is of the root type"},
        {"two file systems",
         {whole(), partition(1, "ext4"), partition(2, "xfs")},
         "more than one partition has a file system"},
        {"none", {whole(), partition(1, ""), partition(2, "")}, "no partition has a file system"},
        {"all say no-auto",
         {whole(), partition(1, "ext4", root_type(), disk::kAttributeNoAuto), partition(2, "")},
         "no partition has a file system"},
    }));
    CAPTURE(what);
    const std::string error = error_of("", volumes);
    CHECK(holds(error, reason));
    CHECK(holds(error, "/dev/nbd0p1: "));
    CHECK(holds(error, "/dev/nbd0p2: "));
    CHECK(holds(error, "write root=/dev/nbd0pN"));
}

TEST_CASE("a list of many partitions is cut, labels are safe to log") {
    Volumes volumes = {whole()};
    for (std::uint32_t i = 1; i <= 9; ++i) volumes.push_back(partition(i, "ext4"));
    CHECK(holds(describe(volumes), "; and 5 more"));
    Volume odd = partition(1, "ext4");
    odd.content->label = "a\x1b[2J\n";
    CHECK(holds(describe(odd), "LABEL=a\\x1b[2J\\x0a"));
    odd.content = std::nullopt;
    odd.other = "swap";
    CHECK(describe(odd) == "/dev/nbd0p1: swap, PARTUUID=aaaa-01, PARTLABEL=part1");
}
