#include "agent/config/target.h"

#include "agent/config/parse.h"
#include "tests/support/catch.h"
#include "tests/support/part_of.h"

using namespace nbdroot::agent::config;
using nbdroot::test::holds;

namespace {

Target server(std::string host, std::uint16_t port = 10809, std::string export_name = {}) {
    return {.host = std::move(host), .port = port, .export_name = std::move(export_name)};
}

std::string reason(std::string_view text) {
    const auto target = parse_target(text);
    return target ? "none: it was read" : target.error().reason;
}

}  // namespace

TEST_CASE("every form of a target is read") {
    struct Row {
        std::string_view text;
        Target target;
    };
    const std::string v6 = "2001:db8::1";
    const std::vector<Row> rows = {
        // plain
        {"10.0.0.1", server("10.0.0.1")},
        {"10.0.0.1:1234", server("10.0.0.1", 1234)},
        {"10.0.0.1:1234/", server("10.0.0.1", 1234)},
        {"10.0.0.1:1234/root", server("10.0.0.1", 1234, "root")},
        {"10.0.0.1/root", server("10.0.0.1", 10809, "root")},
        {"10.0.0.1/", server("10.0.0.1")},
        {"srv:10809/a/b", server("srv", 10809, "a/b")},
        {"srv", server("srv")},
        {"srv.example.org:1", server("srv.example.org", 1)},
        {"srv.example.org.:65535", server("srv.example.org.", 65535)},
        {"my_srv-1/x?y#z", server("my_srv-1", 10809, "x?y#z")},
        {"srv/a%2Cb", server("srv", 10809, "a,b")},
        {"srv/a%2cb%20c", server("srv", 10809, "a,b c")},
        {"srv//a", server("srv", 10809, "/a")},
        {"srv/http://x", server("srv", 10809, "http://x")},
        {"nbd:1234", server("nbd", 1234)},
        {"nbd:1234/x", server("nbd", 1234, "x")},
        {"nbd", server("nbd")},
        // IPv6
        {"[2001:db8::1]", server(v6)},
        {"[2001:db8::1]:1234", server(v6, 1234)},
        {"[2001:db8::1]/root", server(v6, 10809, "root")},
        {"[2001:db8::1]:1234/root", server(v6, 1234, "root")},
        {"[2001:db8::1]:/root", server(v6, 10809, "/root")},
        {"[fe80::1%eth0]:1234", server("fe80::1%eth0", 1234)},
        {"[fe80::1%25eth0]", server("fe80::1%eth0")},
        {"[fe80::1%25]", server("fe80::1%25")},
        {"[::ffff:10.0.0.1]", server("::ffff:10.0.0.1")},
        // Debian
        {"10.0.0.1:/root", server("10.0.0.1", 10809, "/root")},
        {"10.0.0.1:/srv/nbd/root", server("10.0.0.1", 10809, "/srv/nbd/root")},
        {"10.0.0.1,root,nbd0", server("10.0.0.1", 10809, "root")},
        {"10.0.0.1,2000,nbd0", server("10.0.0.1", 10809, "2000")},
        {"10.0.0.1:1234,root,nbd0", server("10.0.0.1", 1234, "root")},
        {"[fe80::1],root,/dev/nbd0", server("fe80::1", 10809, "root")},
        {"10.0.0.1,,nbd0", server("10.0.0.1")},
        {"dhcp", Target{.kind = Target::Kind::dhcp}},
        {"", Target{.kind = Target::Kind::dhcp}},
        // URI
        {"nbd://srv", server("srv")},
        {"nbd://srv/", server("srv")},
        {"nbd://srv:1234", server("srv", 1234)},
        {"nbd://srv:", server("srv")},
        {"nbd://srv:/x", server("srv", 10809, "x")},
        {"nbd://srv:1234/disk", server("srv", 1234, "disk")},
        {"nbd://srv//disk", server("srv", 10809, "/disk")},
        {"nbd://srv/%2F", server("srv", 10809, "/")},
        {"nbd://srv/hello%20world", server("srv", 10809, "hello world")},
        {"nbd://srv/a%3Fb%23", server("srv", 10809, "a?b#")},
        {"nbd://srv/a?", server("srv", 10809, "a")},
        {"NBD://srv/a", server("srv", 10809, "a")},
        {"nbd://[2001:db8::1]:1234/x", server(v6, 1234, "x")},
        {"nbd://dhcp", server("dhcp")},
        // dracut
        {"nbd:192.168.50.1:raw", server("192.168.50.1", 10809, "raw")},
        {"nbd:192.168.50.1:2000", server("192.168.50.1", 2000)},
        {"nbd:192.168.50.1:raw::errors=panic", server("192.168.50.1", 10809, "raw")},
        {"nbd:[2001:db8::1]:raw:ext4:ro,noatime", server(v6, 10809, "raw")},
        {"nbd:srv:2000:::-N,raw", server("srv", 2000, "raw")},
        // templates
        {"srv/%m", server("srv", 10809, "%m")},
        {"nbd://srv/root-%h-%u-%s-%i", server("srv", 10809, "root-%h-%u-%s-%i")},
        {"srv/100%%", server("srv", 10809, "100%%")},
        {"srv/100%25", server("srv", 10809, "100%%")},
        {"srv/%25m", server("srv", 10809, "%%m")},
        {"srv/%ff", server("srv", 10809, "\xff")},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto target = parse_target(row.text);
        REQUIRE(target.has_value());
        CHECK(target->kind == row.target.kind);
        CHECK(target->host == row.target.host);
        CHECK(target->port == row.target.port);
        CHECK(target->export_name == row.target.export_name);
    }
}

TEST_CASE("a target that cannot be meant is refused with the reason") {
    struct Row {
        std::string_view text;
        std::string_view reason;  // a part of it
    };
    const std::vector<Row> rows = {
        {"srv:0", "port '0' is not a number from 1 to 65535"},
        {"srv:65536", "port '65536' is not a number from 1 to 65535"},
        {"srv:99999999999999999999", "is not a number from 1 to 65535"},
        {"srv:", "port '' is not a number from 1 to 65535"},
        {"srv:root", "port 'root' is not a number from 1 to 65535 (an export is written /EXPORT)"},
        {"srv:-1", "port '-1'"},
        {"srv:12x/y", "port '12x'"},
        {":1234", "the host is missing"},
        {"/root", "the host is missing"},
        {":/root", "the host is missing"},
        {"nbd://", "the host is missing"},
        {"nbd:///disk", "the host is missing"},
        {"nbd://:1234/disk", "the host is missing"},
        {"srv:/", "HOST alone is the default export"},
        {"10.0.0.256", "'10.0.0.256' is not an IPv4 address"},
        {"10.0.0:1234", "'10.0.0' is not an IPv4 address"},
        {"1234", "'1234' is not an IPv4 address"},
        {"user@srv", "host 'user@srv' holds '@'"},
        {"s\x01rv", "host 's\\x01rv' holds '\\x01'"},
        {"m\xc3\xbcsli", "a host name has letters, digits"},
        {"-srv", "is no host name"},
        {"a..b", "is no host name"},
        {"0123456789012345678901234567890123456789012345678901234567890123x", "is no host name"},
        {"2001:db8::1", "an IPv6 address stands in brackets: [2001:db8::1]"},
        {"fe80::1%eth0/x", "an IPv6 address stands in brackets: [fe80::1%eth0]"},
        {"[2001:db8::1", "'[' has no ']'"},
        {"[10.0.0.1]:1", "'10.0.0.1' is not an IPv6 address"},
        {"[]:1", "'' is not an IPv6 address"},
        {"[fe80::1%]:1", "belongs an interface"},
        {"[fe80::1%an-interface-too-long]", "belongs an interface"},
        {"[fe80::1%e?h0]:2", "belongs an interface"},
        {"[::1]x", "behind ']' comes :PORT or /EXPORT, not 'x'"},
        {"srv/%x", "'%x' in the export is neither %XX, %% nor one of %m %h %u %s %i"},
        {"srv/100%", "'%' in the export is neither"},
        {"srv/%2", "'%2' in the export is neither"},
        {"srv/%00", "an export name cannot hold a zero byte"},
        {"nbds://srv/x", "nbds:// asks for TLS"},
        {"NBDS://srv", "nbds:// asks for TLS"},
        {"nbd+unix:///x?socket=y", "scheme 'nbd+unix' is not nbd"},
        {"http://srv/x", "scheme 'http' is not nbd"},
        {"nbd://user@srv/x", "a user name is for TLS"},
        {"nbd://srv/x?tls-type=psk", "'tls-type=psk' asks for TLS"},
        {"nbd://srv/x?y=z", "query 'y=z' is not understood; a '?' of the export is %3F"},
        {"nbd://srv/x#y", "no fragment"},
        {"nbd://srv:x/y", "port 'x'"},
        {"dhcp:1234", "'dhcp' stands alone"},
        {"dhcp/root", "'dhcp' stands alone"},
        {"iscsi:10.0.0.1::::iqn.2026-11.org:x", "this is an iSCSI root"},
        {"nbd:", "the host is missing"},
        {"nbd:srv", "here is no second field"},
        {"nbd:srv:", "here is no second field"},
        {"nbd:srv::ext4", "here is no second field"},
        {"nbd:srv:0", "port '0'"},
        {"nbd:srv:raw:::-N", "behind -N belongs a name"},
        {"srv:1,srv:2", "is a list, and only one target can stand here"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK_THAT(reason(row.text), holds(row.reason));
    }
}

TEST_CASE("an export of more than 4096 bytes is refused, its encoding does not count") {
    CHECK(parse_target("srv/" + std::string(4096, 'x')).has_value());
    CHECK(reason("srv/" + std::string(4097, 'x')) ==
          "the export name has 4097 bytes, the limit is 4096");
    std::string encoded = "srv/";
    for (int i = 0; i < 4096; ++i) encoded += "%25";
    CHECK(parse_target(encoded).has_value());
    CHECK(reason(encoded + "x") == "the export name has 4097 bytes, the limit is 4096");
}

TEST_CASE("the error of a target names the target, without control characters") {
    const auto target = parse_target("srv:0\n");
    REQUIRE_FALSE(target.has_value());
    CHECK(target.error().message() ==
          "target srv:0\\x0a: port '0\\x0a' is not a number from 1 to 65535 "
          "(an export is written /EXPORT)");
}

TEST_CASE("a name of an NBD device is read with or without /dev/, never a partition") {
    CHECK(parse_nbd_device("nbd0") == "nbd0");
    CHECK(parse_nbd_device("/dev/nbd15") == "nbd15");
    for (const auto* wrong :
         {"", "nbd", "nbd00", "nbd0p1", "nbd32768", "sda", "/dev/sda", "nbd-1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_nbd_device(wrong).has_value());
    }
}
