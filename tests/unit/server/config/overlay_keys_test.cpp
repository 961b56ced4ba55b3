#include "server/config/overlay_keys.h"

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "server/config/ini_value.h"
#include "server/config/options.h"
#include "tests/support/catch.h"
#include "tests/unit/server/config/parse_text.h"

using namespace nbdroot;
using namespace nbdroot::server::config;

namespace {

ParsedConfig with_export(const std::string& lines) {
    return parse_text(cat("[generic]\n[a]\nexportname=/a\n", lines, "\n"));
}

const OverlayConfig kAll{.kind = OverlayKind::persistent,
                         .identity = MachineIdentity::export_suffix,
                         .machine_pattern = "[0-9a-f]{12}",
                         .maximum_overlays = 500,
                         .linger = std::chrono::hours(36),
                         .quota_bytes = 10ULL << 30,
                         .quota_full = QuotaFull::error,
                         .directory = "/srv/overlays"};

}  // namespace

TEST_CASE("a file says everything about overlays") {
    const auto parsed = with_export(
        "overlay = persistent\n"
        "identity = export-suffix\n"
        "machine-pattern = [0-9a-f]{12}\n"
        "max-overlays = 500\n"
        "overlay-linger = 36h\n"
        "overlay-quota = 10G\n"
        "quota-full = error\n"
        "overlay-directory = /srv/overlays");
    CHECK(parsed.complaints == Lines{});
    CHECK(parsed.notes == Lines{});
    REQUIRE(parsed.config.exports.size() == 1);
    CHECK(parsed.config.exports[0].overlay == kAll);
    CHECK_FALSE(writes_image(parsed.config.exports[0]));
}

TEST_CASE("and so do options") {
    const std::vector<std::string> words{"--overlay=persistent",
                                         "--identity=export-suffix",
                                         "--machine-pattern=[0-9a-f]{12}",
                                         "--max-overlays=500",
                                         "--overlay-linger=36h",
                                         "--overlay-quota=10G",
                                         "--quota-full=error",
                                         "--overlay-directory",
                                         "/srv/overlays",
                                         "1234",
                                         "/srv/a.img"};
    CHECK(parse_options(words).value().config.exports.at(0).overlay == kAll);
}

TEST_CASE("an export without overlay is as it was") {
    const auto parsed = with_export("overlay = none");
    CHECK(parsed.complaints == Lines{});
    CHECK(parsed.config.exports.at(0).overlay == OverlayConfig{});
    CHECK(writes_image(parsed.config.exports[0]));
}

TEST_CASE("values of overlay keys that cannot be meant are refused") {
    const auto [line, complaint] = GENERATE(table<std::string, std::string>({
        {"overlay = cow", "overlay: value 'cow': none, temporary or persistent is needed"},
        {"overlay =", "overlay: value '': none, temporary or persistent is needed"},
        {"identity = mac", "identity: value 'mac': export-suffix or address is needed"},
        {"machine-pattern = [a",
         "machine-pattern: pattern '[a': no POSIX extended regular expression: Unmatched [, [^, "
         "[:, [., or [="},
        {"max-overlays = 4294967296",
         "max-overlays: limit '4294967296': not a number of overlays; 0 is no limit"},
        {"max-overlays = many",
         "max-overlays: limit 'many': not a number of overlays; 0 is no "
         "limit"},
        {"overlay-linger = 0",
         "overlay-linger: time '0': a machine that loses its connection for a moment would lose "
         "its root; at least 1 s is needed"},
        {"overlay-linger = 1w",
         "overlay-linger: time '1w': a number of seconds is needed, or one with s, m, h or d "
         "behind it"},
        {"overlay-linger = 36501d",
         "overlay-linger: time '36501d': a number of seconds is needed, or one with s, m, h or d "
         "behind it"},
        {"overlay-quota = -1",
         "overlay-quota: size '-1': a number of bytes is needed, or one with K, M, G or T behind "
         "it"},
        {"overlay-quota = 8388608T",
         "overlay-quota: size '8388608T': a number of bytes is needed, or one with K, M, G or T "
         "behind it"},
        {"quota-full = wait", "quota-full: value 'wait': hold or error is needed"},
        {"overlay-directory =", "overlay-directory: directory: empty"},
    }));
    CHECK(with_export(line).complaints == Lines{"f:4: " + complaint});
}

TEST_CASE("an overlay beside what it contradicts is a complaint at its own line") {
    const auto [line, reason] = GENERATE(table<std::string, std::string>({
        {"readonly = true",
         "its machines write, each to an overlay of its own, and the image never changes: an "
         "export cannot be read-only besides"},
        {"shared = true",
         "an overlay has one writer, its machine: an export cannot be shared besides"},
    }));
    CHECK(with_export(line + "\noverlay = temporary").complaints ==
          Lines{"f:5: overlay: " + reason});
    const std::string option = line == "readonly = true" ? "-r" : "--shared";
    const std::vector<std::string> words{option, "--overlay", "temporary", "1", "a"};
    CHECK(parse_options(words).error().message() == "option --overlay: " + reason);
}

TEST_CASE("an overlay over an image of each address is refused") {
    const std::string reason =
        "each address has an image of its own already (%s), which nobody shares: an export cannot "
        "have both";
    const auto parsed = parse_text("[generic]\n[a]\nexportname=/%s\noverlay=persistent\n");
    CHECK(parsed.complaints == Lines{"f:4: overlay: " + reason});
    const std::vector<std::string> words{"--overlay", "persistent", "1", "/%s"};
    CHECK(parse_options(words).error().message() == "option --overlay: " + reason);
}

TEST_CASE("keys of overlays that have no effect are noted") {
    const auto [lines, note] = GENERATE(table<std::string, std::string>({
        {"max-overlays = 5", "f:4: note: max-overlays: it has no effect without overlay"},
        {"overlay=temporary\nquota-full = hold",
         "f:5: note: quota-full: it has no effect without overlay-quota"},
        {"overlay=temporary\nidentity=address\nmachine-pattern = a",
         "f:6: note: machine-pattern: it has no effect with identity = address"},
    }));
    CHECK(with_export(lines).notes == Lines{note});
}

TEST_CASE("how long a replaced image is kept can be said without an overlay") {
    const auto parsed = with_export("readonly = true\noverlay-linger = 2h");
    CHECK(parsed.notes == Lines{});
    CHECK(parsed.config.exports.at(0).overlay.linger == std::chrono::hours(2));
}

TEST_CASE("images with overlays may have one id, since nobody writes them") {
    const auto parsed = parse_text(
        "[generic]\n[a]\nexportname=/a\nimage-id=x\noverlay=temporary\n[b]\nexportname=/b\n"
        "image-id=x\noverlay=temporary\n");
    CHECK(parsed.complaints == Lines{});
}

TEST_CASE("sizes and times have units, and do not overflow") {
    CHECK(parse_size("0").value() == 0);
    CHECK(parse_size("3K").value() == 3072);
    CHECK(parse_size("8388607T").value() == 8388607ULL << 40);
    CHECK_FALSE(parse_size("K"));
    CHECK_FALSE(parse_size("1k"));
    CHECK_FALSE(parse_size("1 K"));
    CHECK(parse_time_span("90").value() == std::chrono::seconds(90));
    CHECK(parse_time_span("2m").value() == std::chrono::seconds(120));
    CHECK(parse_time_span("36500d").value() == std::chrono::hours(24 * 36500));
    CHECK_FALSE(parse_time_span(""));
    CHECK_FALSE(parse_time_span("18446744073709551615d"));
}

TEST_CASE("an overlay is described for people") {
    CHECK(describe(kAll) ==
          "a persistent overlay for each machine (known by EXPORT/NAME, at most 500, 10.0 GiB "
          "each, then ENOSPC)");
    CHECK(describe(OverlayConfig{.kind = OverlayKind::temporary,
                                 .identity = MachineIdentity::address,
                                 .maximum_overlays = 0,
                                 .quota_bytes = 1}) ==
          "a temporary overlay for each machine (known by its address, 1 B each, then its writes "
          "wait)");
}
