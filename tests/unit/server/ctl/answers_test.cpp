#include "server/ctl/answers.h"

#include "tests/support/catch.h"

using nbdroot::base::parse_json;
using nbdroot::server::control::Request;
using nbdroot::server::ctl::complaint;
using nbdroot::server::ctl::describe;
using nbdroot::server::ctl::human_age;
using Command = Request::Command;

TEST_CASE("ages for people") {
    const auto [ms, expected] = GENERATE(table<std::int64_t, std::string>({
        {-5, "0.0 s"},
        {0, "0.0 s"},
        {450, "0.4 s"},
        {9'999, "9.9 s"},
        {10'000, "10 s"},
        {119'999, "119 s"},
        {120'000, "2 min"},
        {3'599'000, "59 min"},
        {3'600'000, "1 h 0 min"},
        {86'399'000, "23 h 59 min"},
        {86'400'000 * 4 + 3'600'000, "4 d 1 h"},
    }));
    CHECK(human_age(ms) == expected);
}

TEST_CASE("clients as a table") {
    const auto answer = parse_json(R"({"clients":[
        {"id":17,"peer":"10.0.0.7:40001","state":"active","export":"debian","boot":"ab12cd34",
         "image_id":"0123456789abcdef","former_image":true,
         "writable":true,"age_ms":7200000,"idle_ms":400,"in_flight":3,"requests":12,
         "read_bytes":4294967296,"written_bytes":0},
        {"id":18,"peer":"[fd00::1]:7","state":"handshake","export":"","age_ms":1000}]})");
    REQUIRE(answer);
    CHECK(
        describe({.command = Command::clients}, *answer) ==
        "ID  CLIENT          EXPORT  IMAGE                  BOOT      STATE      MODE        AGE   "
        "IDLE     READ  WRITTEN  REQUESTS  RUNNING\n"
        "17  10.0.0.7:40001  debian  0123456789ab (former)  ab12cd34  active     rw    2 h 0 min  "
        "0.4 s  4.0 GiB      0 B        12        3\n"
        "18  [fd00::1]:7     -       -                      -         handshake  -         1.0 s  "
        "0.0 s      0 B      0 B         0        0\n");
}

TEST_CASE("exports as a table") {
    const auto answer = parse_json(R"({"exports":[
        {"name":"debian","default":true,"path":"/srv/debian.img","size_bytes":1024,
         "access":"writable","image_id":"abc","clients":2,"max_connections":10,
         "address_max_connections":1,"draining":true,"allow_list":true,"faults":3,
         "merkle_root":"merkle-sha256-64k:0123456789abcdef",
         "clients_of_older_image":1},
        {"name":"each","path":"/srv/%s.img","per_address":true,"access":"writable"}]})");
    REQUIRE(answer);
    CHECK(describe({.command = Command::exports}, *answer) ==
          "EXPORT     SIZE  ACCESS    CLIENTS  PER ADDRESS  READ  WRITTEN  IMAGE  "
          "ROOT          PATH             NOTES\n"
          "debian  1.0 KiB  writable  2 of 10            1   0 B      0 B  abc    "
          "0123456789ab  /srv/debian.img  "
          "default, allow list, draining, 1 on an older image, 3 disk errors\n"
          "each          -  writable        0            -   0 B      0 B  -      "
          "-             /srv/%s.img      an image for each address\n");
}

TEST_CASE("an answer of any shape is described without a fault") {
    const auto text = GENERATE("{}", "[]", "null", "7", R"({"clients":7,"exports":{"a":[]}})",
                               R"({"clients":[7,null,[]],"exports":["x"],"left":[[]]})");
    const auto answer = parse_json(text);
    REQUIRE(answer);
    const auto command =
        GENERATE(Command::clients, Command::exports, Command::stats, Command::reload,
                 Command::drain, Command::resume, Command::disconnect, Command::hash);
    CHECK_FALSE(describe({.command = command}, *answer).empty());
    (void)complaint({.command = command}, *answer);
}

TEST_CASE("what a reload has changed, or why it has not") {
    const Request reload{.command = Command::reload};
    const auto done = parse_json(R"({"changes":["export 'a': added"],"warnings":["port: later"],
                                     "complaints":[]})");
    CHECK(complaint(reload, *done).empty());
    CHECK(describe(reload, *done) == "export 'a': added\nport: later\n");
    const auto same = parse_json(R"({"changes":[],"warnings":[],"complaints":[]})");
    CHECK(describe(reload, *same) == "nothing has changed\n");
    const auto refused = parse_json(R"({"error":"nothing has changed","changes":[],
                                        "complaints":["f.ini:3: no key","f.ini:4: no image"]})");
    CHECK(complaint(reload, *refused) == "nothing has changed\nf.ini:3: no key\nf.ini:4: no image");
}

TEST_CASE("a drain that left clients behind names them") {
    const Request drain{.command = Command::drain, .timeout = std::chrono::seconds(5)};
    const auto done = parse_json(R"({"clients":3,"left":[]})");
    CHECK(complaint(drain, *done).empty());
    CHECK(describe(drain, *done) ==
          "the whole server drains: 3 clients are gone, new ones are refused until resume\n");
    CHECK(describe({.command = Command::drain, .export_name = "a"},
                   *parse_json(R"({"clients":1,"left":[]})")) ==
          "export 'a' drains: 1 client is gone, new ones are refused until resume 'a'\n");
    const auto left = parse_json(R"({"clients":3,"left":[{"id":7,"peer":"10.0.0.7:1"}]})");
    CHECK(complaint(drain, *left) ==
          "1 of 3 clients of the whole server have not taken their answers within 5 s: "
          "7 (10.0.0.7:1); it goes on draining, and disconnect CLIENT closes one");
}

TEST_CASE("whether another program answers after a restart") {
    using nbdroot::server::ctl::describe_successor;
    using nbdroot::server::ctl::successor_complaint;
    const auto before = parse_json(R"({"program":"/usr/bin/nbd-rootserver","began_us":5})");
    const auto after = parse_json(R"({"version":"0.2\u001b","began_us":6})");
    REQUIRE((before && after));
    CHECK(describe({.command = Command::restart}, *before) ==
          "/usr/bin/nbd-rootserver takes over as soon as the clients have their answers\n");
    CHECK(successor_complaint(*before, *after).empty());
    CHECK(describe_successor(*after) == "nbd-rootserver 0.2\\x1b has taken over\n");
    CHECK(successor_complaint(*before, *before).starts_with("the program could not take over"));
}

TEST_CASE("overlays as a table") {
    const auto answer = parse_json(R"({"overlays":[
        {"export":"debian","machine":"525400123456","kind":"persistent","path":"/o/11",
         "image_id":"0123456789abcdef0123456789abcdef","former":true,"used_bytes":4096,
         "quota_bytes":1073741824,"connected":true,"peer":"10.0.0.7:40001","boot":"ab12cd34",
         "idle_ms":0,"reset_pending":true},
        {"export":"debian","machine":"","kind":"temporary","path":"/o/22","image_id":"summer",
         "peer":"10.0.0.8:1","idle_ms":7200000},
        {"export":"a","machine":"m","kind":"temporary","path":"/o/33","idle_ms":12000}]})");
    REQUIRE(answer);
    CHECK(describe({.command = Command::overlay_list}, *answer) ==
          "EXPORT  MACHINE       KIND        IMAGE                     USED    QUOTA  STATE"
          "                           BOOT      NOTES\n"
          "debian  525400123456  persistent  0123456789ab (former)  4.0 KiB  1.0 GiB  connected "
          "10.0.0.7:40001        ab12cd34  reset at its next boot\n"
          "debian  22            temporary   summer                     0 B        -  idle 2 h 0 "
          "min, was 10.0.0.8:1  -         -\n"
          "a       m             temporary   -                          0 B        -  idle 12 s or "
          "longer             -         -\n");
}

TEST_CASE("what was done to an overlay") {
    Request request{.command = Command::overlay_reset, .export_name = "debian", .machine = "m\x1b"};
    const auto answer = parse_json("{}");
    REQUIRE(answer);
    CHECK(describe(request, *answer) ==
          "overlay of machine 'm\\x1b' of export 'debian': given up at its next boot, which begins "
          "with an empty one\n");
    request.command = Command::overlay_drop;
    CHECK(describe(request, *answer) ==
          "overlay of machine 'm\\x1b' of export 'debian': deleted\n");
}

TEST_CASE("former images and who is on them stand in the notes of an export") {
    const auto answer = parse_json(R"({"exports":[
        {"name":"debian","path":"/srv/a","size_bytes":1024,"access":"read-only","image_id":"abc",
         "clients":3,"clients_of_older_image":2,"former_images":[
         {"image_id":"0123456789abcdef","clients":2},
         {"image_id":"fedcba9876543210","clients":0}]}]})");
    REQUIRE(answer);
    const std::string text = describe({.command = Command::exports}, *answer);
    CHECK(text.find("former 0123456789ab of 2, former fedcba987654 of 0\n") != std::string::npos);
}

TEST_CASE("a promotion says what new boots get and where the image before is") {
    const auto answer = parse_json(R"({"export":"debian","path":"/srv/a","image_id":"1",
        "former_id":"0","former_path":"/srv/a.0.former","warning":"sync /srv: failed"})");
    REQUIRE(answer);
    CHECK(describe({.command = Command::promote}, *answer) ==
          "export 'debian': new boots get image 1, /srv/a\n"
          "boots that began on image 0 stay on it; it is kept as /srv/a.0.former\n"
          "warning: sync /srv: failed\n");
}
