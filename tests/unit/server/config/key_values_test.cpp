// What single keys take and refuse.
#include <string>

#include "lib/base/text.h"
#include "server/config/ini_value.h"
#include "tests/support/catch.h"
#include "tests/unit/server/config/parse_text.h"

using namespace nbdroot;
using namespace nbdroot::server::config;

namespace {

ParsedConfig with_generic(const std::string& lines) {
    return parse_text(cat("[generic]\n", lines, "\n[a]\nexportname=a\n"));
}

ParsedConfig with_export(const std::string& lines) {
    return parse_text(cat("[generic]\n[a]\n", lines, "\n"));
}

}  // namespace

TEST_CASE("values that cannot be meant are refused in [generic]") {
    const auto [line, complaint] = GENERATE(table<const char*, const char*>({
        {"port = ", "f:2: port: port '': not a number from 0 to 65535"},
        {"port = nbd", "f:2: port: port 'nbd': not a number from 0 to 65535"},
        {"listenaddr = ::1, 10.0.0.1 ::1", "f:2: listenaddr: address ::1: there a second time"},
        {"unixsock =", "f:2: unixsock: socket: empty; the path of a socket is needed"},
        {"duallisten = both", "f:2: duallisten: boolean 'both': neither true nor false"},
        {"allowlist = yes", "f:2: allowlist: boolean 'yes': neither true nor false"},
        {"includedir =", "f:2: includedir: directory: empty"},
        {"user =", "f:2: user: user: empty"},
        {"group =", "f:2: group: group: empty"},
        {"state-directory =", "f:2: state-directory: directory: empty"},
        {"max-connections = -1",
         "f:2: max-connections: limit '-1': not a number of connections; 0 is no limit"},
        {"address-max-connections = 4294967296",
         "f:2: address-max-connections: limit '4294967296': not a number of connections; 0 is no "
         "limit"},
        {"control-socket =", "f:2: control-socket: socket: empty; the path of a socket is needed"},
        {"metrics = fd00::1:9100",
         "f:2: metrics: address 'fd00::1:9100': an IPv6 address is written in brackets: "
         "[ADDRESS]:PORT"},
        {"run-scripts = 2", "f:2: run-scripts: boolean '2': neither true nor false"},
    }));
    CHECK(with_generic(line).complaints == Lines{complaint});
}

TEST_CASE("a socket's path is refused where the kernel would not take it") {
    CHECK(parse_socket_path(std::string(107, 'x')));
    CHECK_FALSE(parse_socket_path(std::string(108, 'x')));
}

TEST_CASE("a unix socket takes the place of TCP unless both are asked for") {
    CHECK(with_generic("unixsock=/s").config.listen.empty());
    CHECK(with_generic("unixsock=/s\nport=1").notes ==
          Lines{"f:3: note: port: it has no effect: with unixsock, TCP is listened on only with "
                "duallisten = true"});
    CHECK(with_generic("listenaddr=::1\nunixsock=/s").notes.size() == 1);
    const auto both = with_generic("unixsock=/s\nduallisten=true\nport=1\nlistenaddr=::1");
    CHECK(both.config.listen == std::vector<Endpoint>{{"::1", 1}});
    CHECK(both.notes == Lines{});
}

TEST_CASE("values that cannot be meant are refused in an export") {
    const auto [line, complaint] = GENERATE(table<const char*, const char*>({
        {"allow = ",
         "f:4: allow: list: empty, nobody could come in; addresses or networks are "
         "needed"},
        {"allow = 10.0.0.0/8, 10.1.2.3/16",
         "f:4: allow: network '10.1.2.3/16': the address has bits after the prefix; meant is "
         "either "
         "10.1.2.3 alone or the network's first address"},
        {"allow = pc7", "f:4: allow: address 'pc7': not an IPv4 or IPv6 address in numbers"},
        {"authfile =", "f:4: authfile: path: empty; the path of a file is needed"},
        {"maxconnections = many",
         "f:4: maxconnections: limit 'many': not a number of connections; 0 is no limit"},
        {"filesize = 1G", "f:4: filesize: size '1G': not a number of bytes"},
        {"virtstyle = ip",
         "f:4: virtstyle: virtstyle 'ip': not none, ipliteral, iphash or cidrhash "
         "LENGTH"},
        {"prerun = /bin/true",
         "f:4: prerun: commands are run only with run-scripts = true in [generic]"},
        {"postrun = /bin/true",
         "f:4: postrun: commands are run only with run-scripts = true in [generic]"},
    }));
    CHECK(with_export(cat("exportname=a\n", line)).complaints == Lines{complaint});
}

TEST_CASE("two keys that say the same, or contradict, are refused") {
    CHECK(with_export("exportname=a\nmaxconnections=1\nexport-max-connections=1").complaints ==
          Lines{"f:4: maxconnections: it means the same as export-max-connections: say one"});
    CHECK(with_export("exportname=a\nallow=10.0.0.1\nauthfile=/a").complaints ==
          Lines{"f:5: authfile: allow says already who may come in: say one"});
    CHECK(with_export("exportname=%s\nimage-id=a").complaints ==
          Lines{"f:4: image-id: each address has an image of its own, and so an id"});
}

TEST_CASE("a path is a pattern as it is to nbd-server") {
    const auto one = [](const std::string& lines) {
        auto parsed = with_export(lines);
        CHECK(parsed.complaints == Lines{});
        return parsed.config.exports.at(0);
    };
    using Style = AddressPattern::Style;
    CHECK(one("exportname=/%s").pattern == AddressPattern{Style::literal});
    CHECK(one("exportname=/%s\nvirtstyle=iphash").pattern == AddressPattern{Style::hash});
    CHECK(one("exportname=/%s\nvirtstyle=none").path == "/%s");
    CHECK(one("exportname=/%s\nvirtstyle=none").pattern == std::nullopt);
    CHECK(one("exportname=/50%%").path == "/50%");
    CHECK(one("exportname=/50%%").pattern == std::nullopt);
    CHECK(one("exportname=/%s\nfilesize=5").expected_bytes == 0);
}

TEST_CASE("a pattern without an address, and a percent sign by mistake, are named") {
    CHECK(with_export("exportname=/a\nvirtstyle=iphash").notes ==
          Lines{"f:4: note: virtstyle: it has no effect: there is no %s in exportname"});
    CHECK(with_export("exportname=/%s\nfilesize=5").notes ==
          Lines{"f:4: note: filesize: it has no effect on the images of a pattern"});
    CHECK(with_export("exportname=/50%").complaints ==
          Lines{"f:3: exportname: path '/50%': after a % an s for the client's address, or another "
                "%; or virtstyle = none"});
}
