#include "agent/exit/plan.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::exit {
namespace {

const Disk kDisk{.name = "nbd0", .numbers = {"43:0", "43:1"}};

Mount on_disk(const char* point) {
    return {.device = "43:1", .point = point, .type = "ext4", .source = "/dev/nbd0p1"};
}

Mount virtual_one(const char* point, const char* type = "tmpfs") {
    return {.device = "0:30", .point = point, .type = type, .source = type};
}

std::vector<std::string> points(const std::vector<Release>& order) {
    std::vector<std::string> all;
    for (const Release& one : order) all.push_back(one.point);
    return all;
}

sys::ProcessInfo process(pid_t pid, pid_t parent, const char* name,
                         const char* program = "/bin/x") {
    return {.pid = pid, .parent = parent, .name = name, .program = program};
}

}  // namespace

TEST_CASE("after the pivot all of the old system goes, the last mount first") {
    const std::vector<Mount> table{virtual_one("/"),
                                   on_disk("/oldroot"),
                                   virtual_one("/proc"),
                                   virtual_one("/oldroot/run"),
                                   on_disk("/oldroot/srv"),
                                   virtual_one("/dev"),
                                   virtual_one("/oldroot/run/a")};
    const auto order = unmount_order(table, kDisk, Place::pivoted);
    CHECK(points(order) ==
          std::vector<std::string>{"/oldroot/run/a", "/oldroot/srv", "/oldroot/run", "/oldroot"});
    CHECK(order[1] == Release{.point = "/oldroot/srv", .is_on_disk = true, .is_writable = true});
    CHECK(order[2].may_detach);
}

TEST_CASE("nothing with a disk below it is only detached") {
    Mount other = on_disk("/oldroot/data");
    other.device = "8:1";
    other.source = "/dev/sda1";
    Mount hidden_number = on_disk("/oldroot/btrfs");
    hidden_number.device = "0:40";
    hidden_number.source = "/dev/sda2";
    const auto order =
        unmount_order({on_disk("/oldroot"), other, hidden_number}, kDisk, Place::pivoted);
    for (const Release& one : order) CHECK_FALSE(one.may_detach);
}

TEST_CASE("inside a running system the root and the kernel's file systems stay") {
    const std::vector<Mount> table{on_disk("/"),
                                   virtual_one("/proc"),
                                   virtual_one("/run"),
                                   on_disk("/run/nbdroot/lower"),
                                   virtual_one("/dev/shm"),
                                   on_disk("/srv"),
                                   virtual_one("/tmp"),
                                   virtual_one("/runner")};
    const auto order = unmount_order(table, kDisk, Place::inside);
    CHECK(points(order) == std::vector<std::string>{"/runner", "/tmp", "/srv"});
    for (const Release& one : order) CHECK_FALSE(one.may_detach);
}

TEST_CASE("what is left writable on any disk is remounted, what has none is not") {
    Mount local = on_disk("/data");
    local.device = "8:1";
    local.source = "/dev/sda1";
    Mount read_only = on_disk("/ro");
    read_only.is_writable = false;
    const std::vector<Mount> table{on_disk("/"), virtual_one("/run"), local, read_only};
    CHECK(writable_points(table, kDisk, Place::inside) == std::vector<std::string>{"/data", "/"});
    CHECK(writable_points(table, kDisk, Place::pivoted).empty());
}

TEST_CASE("a disk is writable as long as one file system on it is") {
    Mount read_only = on_disk("/");
    read_only.is_writable = false;
    CHECK(state_of({virtual_one("/")}, kDisk) == DiskState::unseen);
    CHECK(state_of({read_only, virtual_one("/run")}, kDisk) == DiskState::read_only);
    CHECK(state_of({read_only, on_disk("/srv")}, kDisk) == DiskState::writable);
}

TEST_CASE("a partition that no mount shows is to be looked at, however read-only the root is") {
    const Disk disk{.name = "nbd0",
                    .numbers = {"43:0", "43:1", "43:2"},
                    .partitions = {{.name = "nbd0p1", .numbers = {"43:1"}},
                                   {.name = "nbd0p2", .numbers = {"43:2"}}}};
    Mount whole = on_disk("/");
    whole.device = "43:0";
    whole.source = "/dev/nbd0";
    using Names = std::vector<std::string>;
    CHECK(unseen_parts({on_disk("/")}, disk) == Names{"nbd0p2"});
    CHECK(unseen_parts({virtual_one("/")}, disk) == Names{"nbd0"});
    CHECK(unseen_parts({whole}, kDisk).empty());
}

TEST_CASE("neither process 1 nor our own line nor who keeps a file system is ended") {
    const std::vector<sys::ProcessInfo> all{process(1, 0, "/sbin/init"),
                                            process(50, 1, "@nbdroot-agent"),
                                            process(60, 1, "sh"),
                                            process(61, 60, "shutdown"),
                                            process(70, 1, "getty"),
                                            process(71, 60, "sleep"),
                                            process(80, 1, "@mdmon", "/sbin/x")};
    CHECK(processes_to_end(all, {61}, Place::inside) == std::vector<pid_t>{70, 71});
}

TEST_CASE("after the pivot a keeper that was started from the old root goes") {
    const std::vector<sys::ProcessInfo> all{
        process(1, 0, "/shutdown"), process(50, 1, "@nbdroot-agent", "/init (deleted)"),
        process(80, 1, "@plymouthd", "/oldroot/usr/sbin/plymouthd"),
        process(90, 1, "sshd", "/oldroot/usr/sbin/sshd")};
    CHECK(processes_to_end(all, {1}, Place::pivoted) == std::vector<pid_t>{80, 90});
}

// It has its parent's name until it has given itself one.
TEST_CASE("our own watcher is spared, however it is called yet") {
    const std::vector<sys::ProcessInfo> all{process(1, 0, "/shutdown"), process(90, 1, "/shutdown"),
                                            process(91, 1, "/oldroot/bin/sh")};
    CHECK(processes_to_end(all, {1, 90}, Place::pivoted) == std::vector<pid_t>{91});
    const std::vector<sys::ProcessInfo> inside{process(1, 0, "init"), process(50, 1, "sh"),
                                               process(60, 50, "shutdown"),
                                               process(61, 60, "shutdown"), process(70, 1, "x")};
    CHECK(processes_to_end(inside, {60, 61}, Place::inside) == std::vector<pid_t>{70});
}

TEST_CASE("parents that are each other's are no endless line") {
    const std::vector<sys::ProcessInfo> all{process(5, 6, "a"), process(6, 5, "b"),
                                            process(7, 1, "c")};
    CHECK(processes_to_end(all, {5}, Place::inside) == std::vector<pid_t>{7});
}

TEST_CASE("only those that wait for us are stopped, and neither we nor process 1") {
    const std::vector<sys::ProcessInfo> all{
        process(1, 0, "init"),       process(50, 1, "rc"),        process(60, 50, "startpar"),
        process(61, 60, "shutdown"), process(62, 61, "shutdown"), process(70, 60, "x")};
    CHECK(processes_to_stop(all, {61, 62}) == std::vector<pid_t>{60, 50});
    CHECK(processes_to_stop(all, {50}).empty());
    CHECK(processes_to_stop(all, {1}).empty());
}

}  // namespace nbdroot::agent::exit
