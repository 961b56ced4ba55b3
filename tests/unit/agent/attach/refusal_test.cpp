#include "agent/attach/refusal.h"

#include <cerrno>

#include "agent/attach/negotiate.h"
#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::attach {
namespace {

using Refused = protocol::nbd::ClientHandshake::Refused;

config::Target target(const std::string& host, const std::string& export_name) {
    config::Target server;
    server.host = host;
    server.export_name = export_name;
    return server;
}

const config::Target kServer = target("10.0.0.1", "x");

Refused listed(std::vector<std::string> names) {
    return {.error = {.operation = "negotiate", .object = "export 'x'", .reason = "unknown"},
            .known_exports = std::move(names),
            .list_was_answered = true};
}

}  // namespace

TEST_CASE("an unknown export's message lists the exports that exist") {
    CHECK(explain(listed({"debian", "ubuntu"}), kServer).message() ==
          "negotiate 10.0.0.1:10809/x: server has no export 'x'; it has: debian, ubuntu");
}

TEST_CASE("a server without any export is not described by an empty list") {
    CHECK(explain(listed({}), kServer).reason == "server has no export 'x'; it lists none");
}

TEST_CASE("the default export is named in words, not as an empty name") {
    CHECK(explain(listed({""}), target("10.0.0.1", "")).message() ==
          "negotiate 10.0.0.1:10809: server has no default export; it has: '' (the default)");
}

TEST_CASE("a server with hundreds of exports fits one line") {
    const auto reason = explain(listed(std::vector<std::string>(300, "e")), kServer).reason;
    CHECK(reason.ends_with("e, e and 284 more"));
}

TEST_CASE("control characters of a peer's export name do not reach the console") {
    CHECK(explain(listed({"a\x1b[2Jb"}), kServer).reason.find('\x1b') == std::string::npos);
}

TEST_CASE("without a list the server's own words are kept") {
    Refused refused = listed({});
    refused.list_was_answered = false;
    CHECK(explain(refused, kServer).message() == "negotiate 10.0.0.1:10809/x: unknown");
}

TEST_CASE("a server that does not know this boot's image says so, not that an export is missing") {
    Refused refused = listed({"debian"});
    refused.error.code = ENOENT;
    CHECK(explain(refused, kServer, "x@id.token").message() ==
          "negotiate 10.0.0.1:10809/x: does not serve this boot's image 'x@id.token': unknown");
    refused.list_was_answered = false;
    CHECK(explain(refused, kServer, "x@id.token").reason ==
          "does not serve this boot's image 'x@id.token': unknown");
}

TEST_CASE("a server that refuses this boot for another reason is not said to lack its image") {
    Refused refused = listed({});
    refused.list_was_answered = false;
    refused.error.code = 0;
    CHECK(explain(refused, kServer, "x@id.token").reason == "unknown");
}

TEST_CASE("a server is described as it is written in nbdroot=") {
    const auto [host, name, text] = GENERATE(table<std::string, std::string, std::string>({
        {"10.0.0.1", "", "10.0.0.1:10809"},
        {"10.0.0.1", "debian", "10.0.0.1:10809/debian"},
        {"fe80::1%eth0", "", "[fe80::1%eth0]:10809"},
    }));
    CHECK(describe(target(host, name)) == text);
}

}  // namespace nbdroot::agent::attach
