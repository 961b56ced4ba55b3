#include "server/control/request.h"

#include "tests/support/catch.h"

using nbdroot::server::control::parse_request;
using nbdroot::server::control::Request;
using Command = Request::Command;

namespace {

std::string reason_of(std::string_view line) {
    const auto request = parse_request(line);
    REQUIRE_FALSE(request);
    return request.error().reason;
}

}  // namespace

TEST_CASE("what an operator can ask") {
    using namespace std::chrono_literals;
    const auto [line, expected] = GENERATE(table<std::string, Request>({
        {R"({"command":"clients"})", {.command = Command::clients}},
        {R"( { "command" : "exports" } )", {.command = Command::exports}},
        {R"({"command":"stats"})", {.command = Command::stats}},
        {R"({"command":"reload"})", {.command = Command::reload}},
        {R"({"command":"restart"})", {.command = Command::restart}},
        {R"({"command":"drain"})", {.command = Command::drain}},
        {R"({"command":"drain","export":"a","timeout_s":5})",
         {.command = Command::drain, .export_name = "a", .timeout = 5s}},
        {R"({"timeout_s":0,"export":"","command":"drain"})",
         {.command = Command::drain, .export_name = "", .timeout = 0s}},
        {R"({"command":"drain","export":null})", {.command = Command::drain}},
        {R"({"command":"resume","export":"a b"})",
         {.command = Command::resume, .export_name = "a b"}},
        {R"({"command":"promote","export":"a","image":"/srv/b.img"})",
         {.command = Command::promote, .export_name = "a", .image = "/srv/b.img"}},
        {R"({"command":"hash"})", {.command = Command::hash}},
        {R"({"command":"hash","export":"a"})", {.command = Command::hash, .export_name = "a"}},
        {R"({"command":"rollback","export":""})",
         {.command = Command::rollback, .export_name = ""}},
        {R"({"command":"disconnect","client":"17"})",
         {.command = Command::disconnect, .client = "17"}},
        {R"({"command":"overlay-list"})", {.command = Command::overlay_list}},
        {R"({"command":"overlay-list","export":""})",
         {.command = Command::overlay_list, .export_name = ""}},
        {R"({"command":"overlay-reset","export":"a","machine":"m"})",
         {.command = Command::overlay_reset, .export_name = "a", .machine = "m"}},
        {R"({"command":"overlay-drop","export":"","machine":"m"})",
         {.command = Command::overlay_drop, .export_name = "", .machine = "m"}},
    }));
    const auto request = parse_request(line);
    REQUIRE(request);
    CHECK(*request == expected);
    CHECK(*parse_request(to_json(*request)) == expected);
}

TEST_CASE("what is no request is refused, with what is wrong") {
    const auto [line, expected] = GENERATE(table<std::string, std::string>({
        {"", "no JSON: no value begins here (byte 0)"},
        {"clients", "no JSON: no value begins here (byte 0)"},
        {R"({"command":"clients"} x)", "no JSON: something stands behind the value (byte 22)"},
        {"[]", "no JSON object"},
        {"null", "no JSON object"},
        {"{}", R"(has no member "command")"},
        {R"({"command":7})", R"(has no member "command")"},
        {R"({"command":"shutdown"})",
         "unknown command 'shutdown'; there are clients, exports, stats, reload, restart, drain, "
         "resume, disconnect, overlay-list, overlay-reset, overlay-drop, promote, "
         "rollback, hash"},
        {R"({"command":"\u001b[2J"})",
         "unknown command '\\x1b[2J'; there are clients, exports, stats, reload, restart, drain, "
         "resume, disconnect, overlay-list, overlay-reset, overlay-drop, promote, "
         "rollback, hash"},
        {R"({"command":"clients","export":"a"})", R"(clients has no member "export")"},
        {R"({"command":"clients","":"a"})", R"(clients has no member "")"},
        {R"({"command":"drain","exprot":"a"})", R"(drain has no member "exprot")"},
        {R"({"command":"drain","export":"a","export":"b"})", R"("export" stands twice)"},
        {"{\"command\":\"overlay-reset\",\"export\":\"a\",\"machine\":\"m\xba\"}",
         R"("machine" is not UTF-8)"},
        {R"({"command":"drain","export":7})", R"("export" is no text)"},
        {R"({"command":"drain","timeout_s":-1})", R"("timeout_s" is no number from 0 to 3600)"},
        {R"({"command":"drain","timeout_s":3601})", R"("timeout_s" is no number from 0 to 3600)"},
        {R"({"command":"drain","timeout_s":"5"})", R"("timeout_s" is no number from 0 to 3600)"},
        {R"({"command":"disconnect"})",
         R"(disconnect needs a "client": its number, or ADDRESS:PORT)"},
        {R"({"command":"disconnect","client":""})",
         R"(disconnect needs a "client": its number, or ADDRESS:PORT)"},
        {R"({"command":"promote","image":"/b"})", R"(promote needs an "export")"},
        {R"({"command":"promote","export":"a"})", R"(promote needs an "image": its absolute path)"},
        {R"({"command":"promote","export":"a","image":"b.img"})",
         R"(promote needs an "image": its absolute path)"},
        {R"({"command":"rollback"})", R"(rollback needs an "export")"},
        {R"({"command":"rollback","export":"a","image":"/b"})",
         R"(rollback has no member "image")"},
        {R"({"command":"disconnect","client":17})", R"("client" is no text)"},
        {R"({"command":"overlay-list","machine":"m"})", R"(overlay-list has no member "machine")"},
        {R"({"command":"overlay-drop","export":"a"})",
         R"(overlay-drop needs an "export" and a "machine")"},
        {R"({"command":"overlay-reset","machine":"m"})",
         R"(overlay-reset needs an "export" and a "machine")"},
        {R"({"command":"overlay-reset","export":"a","machine":""})",
         R"(overlay-reset needs an "export" and a "machine")"},
    }));
    CHECK(reason_of(line) == expected);
}
