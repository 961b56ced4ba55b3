#include "agent/config/parse.h"
#include "tests/support/catch.h"
#include "tests/support/part_of.h"

using namespace nbdroot::agent::config;
using nbdroot::test::holds;

TEST_CASE("a configuration of defaults is one JSON object with every key") {
    BootConfig config;
    config.targets = {Target{.host = "10.0.0.1", .port = 1234}};
    CHECK(to_json(config) ==
          R"({"targets":[{"kind":"server","host":"10.0.0.1","port":1234,"export":""}],)"
          R"("attach":"auto","device":"nbd0","timeout":0,"lost":{"action":"wait","seconds":0},)"
          R"("boot-timeout":0,"shutdown-timeout":120,"fail":null,"break":[],)"
          R"("overlay":{"tmpfs":false,"size":""},"relay":false,)"
          R"("failover":"ro","log":"info","panic":null,"quiet":false,)"
          R"("network":{"interfaces":[],"boot-mac":"","boot-device":"","name-servers":[],)"
          R"("routes":[],"names":[],"peer-dns":true,"arp-check":false},)"
          R"("root":{"device":"","file-system":"","flags":"","read-only":true,)"
          R"("init":"/sbin/init","init-given":false,"init-arguments":[],"delay-ms":0},)"
          R"("notes":[]})"
          "\n");
}

TEST_CASE("everything that can be set reaches the JSON") {
    const auto config = parse_command_line(
        "nbdroot=srv/x,dhcp nbdroot.attach=ioctl nbdroot.timeout=7 nbdroot.lost=reboot:60 "
        "nbdroot.boot-timeout=9 nbdroot.fail=poweroff nbdroot.overlay=tmpfs:1G nbdroot.relay=1 "
        "nbdroot.break=connect,mount nbdroot.arp-check=1 nbdroot.shutdown-timeout=7 "
        "nbdroot.failover=rw nbdroot.log=debug panic=5 quiet nbdroot.device=nbd2 rootdelay=2 "
        "ip=10.0.0.5:10.0.0.2:10.0.0.1:24:node:eth0:off:9.9.9.9 ip=eth1:dhcp:1500 "
        "ip=dhcp,1,a nameserver=1.1.1.1 BOOTIF=01-52-54-00-12-34-56 root=/dev/nbd2p1 "
        "rootfstype=ext4 rootflags=noatime rw init=/bin/sh vlan=x -- a b=c");
    REQUIRE(config.has_value());
    CHECK(to_json(*config) ==
          R"({"targets":[{"kind":"server","host":"srv","port":10809,"export":"x"},)"
          R"({"kind":"dhcp"}],"attach":"ioctl","device":"nbd2","timeout":7,)"
          R"("lost":{"action":"reboot","seconds":60},"boot-timeout":9,"shutdown-timeout":7,)"
          R"("fail":"poweroff","break":["connect","mount"],)"
          R"("overlay":{"tmpfs":true,"size":"1G"},"relay":true,"failover":"rw","log":"debug",)"
          R"("panic":5,"quiet":true,"network":{"interfaces":[)"
          R"({"method":"fixed","device":"eth0","address":"10.0.0.5/24","gateway":"10.0.0.1",)"
          R"("server":"10.0.0.2","peer":null,"host-name":"node","name-servers":["9.9.9.9"],)"
          R"("time-servers":[],"mtu":null,"mac":"","client-id":""},)"
          R"({"method":"dhcp","device":"eth1","address":null,"gateway":null,"server":null,)"
          R"("peer":null,"host-name":"","name-servers":[],"time-servers":[],"mtu":1500,)"
          R"("mac":"","client-id":""},)"
          R"({"method":"dhcp","device":"","address":null,"gateway":null,"server":null,)"
          R"("peer":null,"host-name":"","name-servers":[],"time-servers":[],"mtu":null,)"
          R"("mac":"","client-id":"0161"}],)"
          R"("boot-mac":"52:54:00:12:34:56","boot-device":"","name-servers":["1.1.1.1"],)"
          R"("routes":[],"names":[],"peer-dns":true,"arp-check":true},)"
          R"("root":{"device":"/dev/nbd2p1","file-system":"ext4","flags":"noatime",)"
          R"("read-only":true,"init":"/bin/sh","init-given":true,"init-arguments":["a","b=c"],)"
          R"("delay-ms":2000},"notes":["vlan=x is not supported and has no effect"]})"
          "\n");
}

TEST_CASE("quotes, control characters and bytes that are no UTF-8 leave the JSON valid") {
    const auto config = parse_command_line("nbdroot=a/%22%5C%0A%ff init=/x\"y");
    REQUIRE(config.has_value());
    const std::string json = to_json(*config);
    CHECK_THAT(json, holds(R"("export":"\"\\\u000a)"
                           "\xef\xbf\xbd"
                           R"("})"));
    CHECK_THAT(json, holds(R"("init":"/x\"y")"));
}
