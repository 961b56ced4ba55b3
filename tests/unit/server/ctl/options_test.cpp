#include "server/ctl/options.h"

#include <vector>

#include "tests/support/catch.h"

using nbdroot::server::control::Request;
using nbdroot::server::ctl::Options;
using nbdroot::server::ctl::OverlayJob;
using nbdroot::server::ctl::parse_options;
using Command = Request::Command;
using Kind = OverlayJob::Kind;
using Words = std::vector<const char*>;

TEST_CASE("what nbd-rootserverctl is asked for") {
    using namespace std::chrono_literals;
    const auto [words, expected] = GENERATE(table<Words, Options>({
        {{"clients"}, {}},
        {{"clients", "--json"}, {.json = true}},
        {{"-s", "/x", "stats"}, {.socket = "/x", .request = {.command = Command::stats}}},
        {{"exports", "--socket=/x"}, {.socket = "/x", .request = {.command = Command::exports}}},
        {{"reload"}, {.request = {.command = Command::reload}}},
        {{"restart"}, {.request = {.command = Command::restart}}},
        {{"drain"}, {.request = {.command = Command::drain}}},
        {{"drain", "debian", "--timeout", "5"},
         {.request = {.command = Command::drain, .export_name = "debian", .timeout = 5s}}},
        {{"--timeout=0", "drain", "--", "-odd"},
         {.request = {.command = Command::drain, .export_name = "-odd", .timeout = 0s}}},
        {{"drain", ""}, {.request = {.command = Command::drain, .export_name = ""}}},
        {{"resume"}, {.request = {.command = Command::resume}}},
        {{"resume", "a"}, {.request = {.command = Command::resume, .export_name = "a"}}},
        {{"disconnect", "[fd00::1]:7"},
         {.request = {.command = Command::disconnect, .client = "[fd00::1]:7"}}},
        {{"overlay", "list"}, {.request = {.command = Command::overlay_list}}},
        {{"overlay", "list", "a"},
         {.request = {.command = Command::overlay_list, .export_name = "a"}}},
        {{"overlay", "reset", "a", "m"},
         {.request = {.command = Command::overlay_reset, .export_name = "a", .machine = "m"}}},
        {{"overlay", "drop", "", "m"},
         {.request = {.command = Command::overlay_drop, .export_name = "", .machine = "m"}}},
        {{"overlay", "check", "/x/ab.map", "--json"},
         {.action = Options::Action::work, .json = true, .job = {.file = "/x/ab.map"}}},
        {{"overlay", "commit", "a", "m", "new"},
         {.action = Options::Action::work,
          .job = {.kind = Kind::commit, .export_name = "a", .machine = "m", .file = "new"}}},
        {{"overlay", "commit", "--overlay", "/x/ab.data", "--image=i", "--image-id", "7", "new"},
         {.action = Options::Action::work,
          .job = {.kind = Kind::commit,
                  .overlay = "/x/ab",
                  .image = "i",
                  .image_id = "7",
                  .file = "new"}}},
        {{"overlay", "export", "--format", "qcow2", "", "m", "f"},
         {.action = Options::Action::work,
          .job = {.kind = Kind::export_,
                  .machine = "m",
                  .file = "f",
                  .format = OverlayJob::Format::qcow2}}},
        {{"promote", "debian", "new.img"},
         {.request = {.command = Command::promote, .export_name = "debian", .image = "new.img"}}},
        {{"hash"}, {.request = {.command = Command::hash}}},
        {{"hash", "debian"}, {.request = {.command = Command::hash, .export_name = "debian"}}},
        {{"--json", "hash", "--file", "a.img"},
         {.action = Options::Action::hash_file, .json = true, .file = "a.img"}},
        {{"rollback", "debian"},
         {.request = {.command = Command::rollback, .export_name = "debian"}}},
        {{"--help"}, {.action = Options::Action::help}},
        {{"bogus", "-V"}, {.action = Options::Action::version}},
    }));
    const auto options = parse_options(words);
    REQUIRE(options);
    CHECK(*options == expected);
}

TEST_CASE("what nbd-rootserverctl cannot be asked for") {
    const auto [words, expected] = GENERATE(table<Words, std::string>({
        {Words(), "option: a command is needed; --help lists them"},
        {{"shutdown"}, "command shutdown: unknown; --help lists the commands"},
        {{"clients", "x"}, "command clients: unexpected argument 'x'"},
        {{"drain", "a", "b"}, "command drain: unexpected argument 'b'"},
        {{"promote", "debian"}, "command promote: needs two words: EXPORT NEWIMAGE"},
        {{"hash", "a", "b"}, "command hash: unexpected argument 'b'"},
        {{"hash", "--file"}, "option --file: needs a value"},
        {{"hash", "--file", ""}, "option --file: empty"},
        {{"hash", "--file", "a", "debian"}, "option --file: not with the name of an export"},
        {{"exports", "--file", "a"}, "option --file: only with hash"},
        {{"--file", "a"}, "option --file: only with hash"},
        {{"hash", "--file", "a", "--timeout", "1"}, "option --timeout: only drain waits"},
        {{"hash", "--file", "a", "--image-id", "x"}, "option --image-id: not with hash"},
        {{"rollback", "debian", "x"}, "command rollback: unexpected argument 'x'"},
        {{"disconnect"}, "command disconnect: needs a word: CLIENT"},
        {{"--bogus", "clients"}, "option --bogus: unknown; --help lists the options"},
        {{"clients", "--socket"}, "option --socket: needs a value"},
        {{"clients", "--socket="}, "option --socket: empty"},
        {{"drain", "--timeout", "soon"}, "option --timeout: 'soon' is no number from 0 to 3600"},
        {{"drain", "--timeout", "3601"}, "option --timeout: '3601' is no number from 0 to 3600"},
        {{"clients", "--timeout", "5"}, "option --timeout: not with clients: only drain waits"},
        {{"overlay"}, "option: overlay needs a command; --help lists them"},
        {{"overlay", "burn"}, "command overlay burn: unknown; --help lists the commands"},
        {{"overlay", "reset", "a"}, "command overlay reset: needs two words: EXPORT MACHINE"},
        {{"overlay", "drop", "a", "m", "x"}, "command overlay drop: unexpected argument 'x'"},
        {{"overlay", "list", "--image", "x"}, "option --image: not with overlay list"},
        {{"clients", "--format=raw"}, "option --format: not with clients"},
        {{"overlay", "check"}, "command overlay check: needs a word: FILE"},
        {{"overlay", "check", ""}, "command overlay check: an empty file name"},
        {{"overlay", "check", "x", "--image", "i"}, "option --image: not with overlay check"},
        {{"overlay", "commit", "new"},
         "command overlay commit: needs three words: EXPORT MACHINE NEWIMAGE"},
        {{"overlay", "commit", "a", "m", "new", "x"},
         "command overlay commit: unexpected argument 'x'"},
        {{"overlay", "commit", "a", "m", "new", "--json"},
         "option --json: not with overlay commit"},
        {{"overlay", "commit", "a", "m", "new", "--timeout", "5"},
         "option --timeout: only drain waits"},
        {{"overlay", "commit", "a", "m", "new", "--format", "raw"},
         "option --format: only overlay export has formats"},
        {{"overlay", "export", "a", "m", "f", "--format", "vmdk"},
         "option --format: 'vmdk' is neither raw nor qcow2"},
        {{"overlay", "export", "f", "--overlay", "o"},
         "option --overlay: needs --image as well: the image that it was written over"},
        {{"overlay", "export", "f", "--image", "i"},
         "option --image: only with --overlay; else the server says what is where"},
        {{"overlay", "export", "f", "--image-id", "i"},
         "option --image-id: only with --overlay and --image"},
        {{"overlay", "export", "f", "--overlay="}, "option --overlay: empty"},
    }));
    const auto options = parse_options(words);
    REQUIRE_FALSE(options);
    CHECK(options.error().message() == expected);
}
