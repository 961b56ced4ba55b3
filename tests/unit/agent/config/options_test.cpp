#include "agent/config/options.h"

#include "tests/support/catch.h"
#include "tests/support/part_of.h"

using namespace nbdroot::agent::config;
using nbdroot::test::holds;

namespace {

BootConfig with(std::string_view key, std::string_view value) {
    BootConfig config;
    const auto done = set_option(config, key, value);
    INFO((done ? std::string() : done.error().reason));
    REQUIRE(done.has_value());
    return config;
}

std::string reason(std::string_view key, std::optional<std::string_view> value) {
    BootConfig config;
    const auto done = set_option(config, key, value);
    CHECK(config == BootConfig{});
    return done ? "none: it was taken" : done.error().reason;
}

}  // namespace

TEST_CASE("every option takes what its page says") {
    CHECK(with("attach", "auto").attach == AttachMode::automatic);
    CHECK(with("attach", "netlink").attach == AttachMode::netlink);
    CHECK(with("attach", "ioctl").attach == AttachMode::ioctl);
    CHECK(with("device", "nbd7").device == "nbd7");
    CHECK(with("device", "/dev/nbd7").device == "nbd7");
    CHECK(with("timeout", "0").timeout_seconds == 0);
    CHECK(with("timeout", "31536000").timeout_seconds == 31536000);
    CHECK(with("lost", "wait").lost == LostPolicy{});
    CHECK(with("lost", "reboot:60").lost == LostPolicy{LostPolicy::Action::reboot, 60});
    CHECK(with("lost", "error:1").lost == LostPolicy{LostPolicy::Action::error, 1});
    CHECK(with("boot-timeout", "90").boot_timeout_seconds == 90);
    CHECK(with("shutdown-timeout", "0").shutdown_timeout_seconds == 0);
    CHECK(BootConfig{}.shutdown_timeout_seconds == 120);
    CHECK(with("fail", "shell").fail == FailAction::shell);
    CHECK(with("fail", "reboot").fail == FailAction::reboot);
    CHECK(with("fail", "poweroff").fail == FailAction::poweroff);
    CHECK(with("overlay", "none").overlay == OverlayConfig{});
    CHECK(with("overlay", "tmpfs").overlay == OverlayConfig{true, ""});
    CHECK(with("overlay", "tmpfs:512M").overlay == OverlayConfig{true, "512M"});
    CHECK(with("overlay", "tmpfs:50%").overlay == OverlayConfig{true, "50%"});
    CHECK(with("overlay", "tmpfs:1048576").overlay == OverlayConfig{true, "1048576"});
    CHECK(with("relay", "1").relay);
    CHECK_FALSE(with("relay", "0").relay);
    CHECK(with("arp-check", "1").network.arp_check);
    CHECK_FALSE(with("arp-check", "0").network.arp_check);
    CHECK(with("break", "mount").break_before == std::vector<std::string>{"mount"});
    CHECK(with("break", "connect,switch_root").break_before ==
          std::vector<std::string>{"connect", "switch_root"});
    CHECK(with("failover", "rw").failover_writable);
    CHECK_FALSE(with("failover", "ro").failover_writable);
    CHECK(with("log", "error").log_level == nbdroot::Level::error);
    CHECK(with("log", "warning").log_level == nbdroot::Level::warning);
    CHECK(with("log", "info").log_level == nbdroot::Level::info);
    CHECK(with("log", "debug").log_level == nbdroot::Level::debug);
}

TEST_CASE("a value that an option does not take is refused with those it takes") {
    struct Row {
        std::string_view key;
        std::string_view value;
        std::string_view reason;
    };
    const std::vector<Row> rows = {
        {"attach", "Netlink", "takes auto, netlink or ioctl, not 'Netlink'"},
        {"attach", "", "takes auto, netlink or ioctl, not ''"},
        {"device", "nbd0p1", "a partition is written root=/dev/nbd0p1"},
        {"device", "sda", "takes nbd0 to nbd32767"},
        {"timeout", "-1", "takes seconds from 0 (never) to 31536000, not '-1'"},
        {"timeout", "31536001", "takes seconds from 0 (never) to 31536000"},
        {"timeout", "30s", "takes seconds from 0 (never) to 31536000, not '30s'"},
        {"lost", "reboot", "takes wait, reboot:SECONDS or error:SECONDS"},
        {"lost", "reboot:", "takes wait, reboot:SECONDS or error:SECONDS"},
        {"lost", "reboot:0", "with 1 to 31536000 seconds"},
        {"lost", "wait:5", "takes wait, reboot:SECONDS or error:SECONDS"},
        {"lost", "error:31536001", "with 1 to 31536000 seconds"},
        {"shutdown-timeout", "never",
         "takes seconds from 0 (wait for ever) to 31536000, not 'never'"},
        {"boot-timeout", "soon", "takes seconds from 0 (keep trying) to 31536000, not 'soon'"},
        {"fail", "halt", "takes shell, reboot or poweroff, not 'halt'"},
        {"break", "config",
         "takes modules, network, connect, attach, mount or switch_root, or a list of them, not "
         "'config'"},
        {"break", "mount,",
         "takes modules, network, connect, attach, mount or switch_root, or a list of them, not "
         "'mount,'"},
        {"overlay", "tmpfs:", "takes none, tmpfs or tmpfs:SIZE"},
        {"overlay", "tmpfs:0", "takes none, tmpfs or tmpfs:SIZE"},
        {"overlay", "tmpfs:0%", "takes none, tmpfs or tmpfs:SIZE"},
        {"overlay", "tmpfs:101%", "takes none, tmpfs or tmpfs:SIZE"},
        {"overlay", "tmpfs:1T", "takes none, tmpfs or tmpfs:SIZE"},
        {"overlay", "tmpfs:M", "takes none, tmpfs or tmpfs:SIZE"},
        {"overlay", "tmpfs:99999999999G", "takes none, tmpfs or tmpfs:SIZE"},
        {"overlay", "disk", "takes none, tmpfs or tmpfs:SIZE"},
        {"relay", "yes", "takes 0 or 1, not 'yes'"},
        {"arp-check", "on", "takes 0 or 1, not 'on'"},
        {"failover", "no", "takes ro or rw, not 'no'"},
        {"log", "warn", "takes error, warning, info or debug, not 'warn'"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.key, row.value);
        CHECK_THAT(reason(row.key, row.value), holds(row.reason));
    }
}

TEST_CASE("an option without '=' is refused with what it takes") {
    CHECK(reason("relay", std::nullopt) == "has no value; it takes 0 or 1");
}

TEST_CASE("an unknown option is refused with the names that are near") {
    CHECK(reason("timout", "5") == "is not known; did you mean nbdroot.timeout");
    CHECK(reason("boot_timeout", "5") == "is not known; did you mean nbdroot.boot-timeout");
    CHECK(reason("dev", "5") == "is not known; did you mean nbdroot.device");
    CHECK(reason("fai", "5") == "is not known; did you mean nbdroot.fail or nbdroot.failover");
    CHECK(reason("Relay", "1") == "is not known; did you mean nbdroot.relay");
}

TEST_CASE("an unknown option that is near nothing is refused with all names") {
    const std::string all =
        "is not known; nbdroot. takes attach, device, timeout, lost, boot-timeout, "
        "shutdown-timeout, fail, break, overlay, relay, failover, arp-check, log";
    CHECK(reason("compression", "5") == all);
    CHECK(reason("", "5") == all);
    CHECK(reason(std::string(100000, 'x'), "5") == all);
}
