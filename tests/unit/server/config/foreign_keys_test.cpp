#include <string>

#include "lib/base/text.h"
#include "server/config/key_table.h"
#include "tests/support/catch.h"
#include "tests/unit/server/config/parse_text.h"

using namespace nbdroot;
using namespace nbdroot::server::config;

namespace {

ParsedConfig with_generic(const std::string& line) {
    return parse_text(cat("[generic]\n", line, "\n[a]\nexportname=a\n"));
}

ParsedConfig with_export(const std::string& line) {
    return parse_text(cat("[generic]\n[a]\nexportname=a\n", line, "\n"));
}

enum class Outcome { silence, note, complaint };

Outcome outcome_of(const ParsedConfig& parsed) {
    CHECK(parsed.complaints.size() + parsed.notes.size() <= 1);
    if (!parsed.complaints.empty()) return Outcome::complaint;
    return parsed.notes.empty() ? Outcome::silence : Outcome::note;
}

}  // namespace

TEST_CASE("keys of nbd-server that merely tune are noted, what they ask for beyond is refused") {
    const auto [line, outcome] = GENERATE(table<const char*, Outcome>({
        {"max_threads = 8", Outcome::note},
        {"splice = true", Outcome::note},
        {"oldstyle = false", Outcome::silence},
        {"oldstyle = true", Outcome::complaint},
        {"oldstyle = maybe", Outcome::complaint},
        {"force_tls = false", Outcome::silence},
        {"force_tls = true", Outcome::complaint},
        {"certfile = /c", Outcome::complaint},
        {"keyfile = /c", Outcome::complaint},
        {"cacertfile = /c", Outcome::complaint},
        {"tlsprio = NORMAL", Outcome::complaint},
        {"duallisten = true", Outcome::silence},
        {"timeout = 5", Outcome::complaint},
    }));
    CAPTURE(line);
    CHECK(outcome_of(with_generic(line)) == outcome);
}

TEST_CASE("so are those of an export") {
    const auto [line, outcome] = GENERATE(table<const char*, Outcome>({
        {"rotational = true", Outcome::note},
        {"splice = true", Outcome::note},
        {"cowdir = /tmp", Outcome::note},
        {"sparse_cow = true", Outcome::note},
        {"copyonwrite = false", Outcome::silence},
        {"copyonwrite = true", Outcome::complaint},
        {"temporary = true", Outcome::complaint},
        {"multifile = false", Outcome::silence},
        {"multifile = true", Outcome::complaint},
        {"treefiles = true", Outcome::complaint},
        {"waitfile = true", Outcome::complaint},
        {"sync = false", Outcome::silence},
        {"sync = true", Outcome::complaint},
        {"flush = true", Outcome::silence},
        {"flush = false", Outcome::complaint},
        {"fua = true", Outcome::silence},
        {"fua = false", Outcome::complaint},
        {"trim = true", Outcome::silence},
        {"trim = false", Outcome::complaint},
        {"sdp = false", Outcome::silence},
        {"sdp = true", Outcome::complaint},
        {"timeout = 30", Outcome::complaint},
        {"force_tls = true", Outcome::complaint},
        {"transactionlog = /var/log/nbd", Outcome::complaint},
        {"datalog = true", Outcome::complaint},
        {"listenaddr = 10.0.0.1", Outcome::complaint},
        {"port = 2000", Outcome::complaint},
    }));
    CAPTURE(line);
    CHECK(outcome_of(with_export(line)) == outcome);
}

TEST_CASE("a remark about a key says which, where, and why") {
    CHECK(
        with_generic("force_tls = true").complaints ==
        Lines{"f:2: force_tls: there is no TLS here: give the machines a network of their own, or "
              "a tunnel such as WireGuard, and say with allow who may come in"});
    CHECK(with_export("splice = true").notes == Lines{"f:4: note: splice: it has no effect"});
    CHECK(with_export("multifile = yes").complaints ==
          Lines{"f:4: multifile: boolean 'yes': neither true nor false"});
}
