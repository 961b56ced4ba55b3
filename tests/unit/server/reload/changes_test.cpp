#include "server/reload/changes.h"

#include "tests/support/catch.h"

using nbdroot::server::config::Config;
using nbdroot::server::config::ExportConfig;
using nbdroot::server::reload::changes;
using nbdroot::server::reload::Served;
using nbdroot::server::reload::settings_for_next_start;
using Lines = std::vector<std::string>;

namespace {

const int kOne = 1;
const int kOther = 2;

Served served(const std::string& name, const void* target = &kOne, std::size_t users = 0) {
    return {.config = {.name = name, .path = "/srv/a.img"},
            .description = "/srv/a.img as '" + name + "'",
            .target = target,
            .users = users};
}

}  // namespace

TEST_CASE("a reload of the same is no change, also when lines have moved") {
    Served moved = served("a");
    moved.config.origin = "file:7: ";
    CHECK(changes({served("a")}, {moved}).empty());
}

TEST_CASE("each export that differs is one line, with the clients who do not notice") {
    CHECK(changes({served("a")}, {served("a"), served("b")}) ==
          Lines{"export 'b': new, /srv/a.img as 'b'"});
    CHECK(changes({served("a", &kOne, 1), served("b", &kOne, 2)}, {}) ==
          Lines{"export 'a': removed; 1 client goes on with it",
                "export 'b': removed; 2 clients go on with it"});
    CHECK(changes({served("a", &kOne, 2)}, {served("a", &kOther)}) ==
          Lines{"export 'a': now /srv/a.img as 'a'; 2 clients go on with what it had"});
    Served limited = served("a");
    limited.config.maximum_connections = 1;
    CHECK(changes({served("a", &kOne, 2)}, {limited}) ==
          Lines{"export 'a': new settings, for newcomers: /srv/a.img as 'a'"});
}

TEST_CASE("what only a start can change is said by its key") {
    const Config started{.listen = {{}}};
    CHECK(settings_for_next_start(started, started).empty());
    Config wanted = started;
    wanted.user = "nobody";
    wanted.maximum_connections = 1;  // takes effect at once
    CHECK(settings_for_next_start(started, wanted) ==
          Lines{"[generic] user: changed in the file; takes effect at the next start"});
    wanted = {.listen = {{}, {}},
              .state_directory = "/a",
              .unix_sockets = {"/b"},
              .control_socket = "/c",
              .metrics = started.listen[0],
              .group = "d"};
    CHECK(settings_for_next_start(started, wanted).size() == 6);
}
