#include "server/plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "server/check_report.h"
#include "tests/support/catch.h"
#include "tests/unit/server/temporary_file.h"

using namespace nbdroot;
using namespace nbdroot::server;
using test::TemporaryFile;

namespace {

// A plan, and every line that was logged on the way.
struct Planned {
    tl::expected<Plan, ExitStatus> plan;
    std::vector<std::string> log;
};

Planned plan(const config::Options& options, const KnownIds& known = {}) {
    std::vector<std::string> lines;
    const Log log(Level::debug, [&](Level, std::string_view line) { lines.emplace_back(line); });
    auto made = make_plan(options, log, {.known = known});
    return {std::move(made), std::move(lines)};
}

config::Options serving(const std::string& path) {
    config::Options options;
    options.config.listen = {{"", 1}};
    options.config.exports = {{.name = "x", .path = path, .read_only = true}};
    return options;
}

config::Options of_file(const TemporaryFile& file) {
    config::Options options;
    options.config_file = file.path();
    return options;
}

}  // namespace

TEST_CASE("a plan is made again, also of what is served already") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    options.config.exports[0].read_only = false;
    const auto first = plan(options);
    REQUIRE(first.plan);
    REQUIRE(first.plan->exports.at(0).image->claim());
    const auto second = plan(options);
    REQUIRE(second.plan);
    CHECK(second.plan->exports.at(0).image_id == first.plan->exports.at(0).image_id);
    CHECK(second.log.empty());
}

TEST_CASE("an id that is known is not computed, one that is configured comes first") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    std::vector<std::string> asked;
    const KnownIds known = [&](const storage::Image& one) {
        asked.push_back(one.path());
        return std::optional<std::string>("known");
    };
    CHECK(plan(options, known).plan.value().exports.at(0).image_id == "known");
    CHECK(asked == std::vector<std::string>{image.path()});
    options.config.exports[0].image_id = "said";
    CHECK(plan(options, known).plan.value().exports.at(0).image_id == "said");
    const KnownIds unknown = [](const storage::Image&) { return std::nullopt; };
    options.config.exports[0].image_id.clear();
    CHECK(plan(options, unknown).plan.value().exports.at(0).image_id.size() == 32);
}

TEST_CASE("an allow file is read with each plan, and keeps everybody out while it is missing") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    options.config.exports[0].allow_file = image.path() + ".allow";
    const auto allow_of = [&] { return plan(options).plan.value().exports.at(0).config.allow; };
    CHECK(allow_of() == config::AllowList{});
    CHECK(plan(options).log ==
          std::vector<std::string>{cat("export 'x': open ", image.path(),
                                       ".allow: No such file or directory; nobody may use the "
                                       "export, unlike with nbd-server, until the file is there "
                                       "and read again")});
    REQUIRE(sys::replace_file(image.path() + ".allow", "10.0.0.0/8\n"));
    CHECK(allow_of() == config::parse_allow_list("10.0.0.0/8").value());
    REQUIRE(sys::replace_file(image.path() + ".allow", "room\n"));
    CHECK(plan(options).plan.error() == ExitStatus::config);
    sys::remove_file(image.path() + ".allow");
    const KnownIds reload = [](const storage::Image&) { return std::nullopt; };
    CHECK(plan(options, reload).plan.error() == ExitStatus::image);
}

TEST_CASE("every export that cannot be served is named, and none is") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    options.config.exports[0].expected_bytes = 5;
    options.config.exports.push_back({.name = "y", .path = "/nowhere"});
    const auto made = plan(options);
    CHECK(made.plan.error() == ExitStatus::image);
    CHECK(made.log == std::vector<std::string>{
                          cat("export 'x': size of ", image.path(),
                              ": 4 bytes, and filesize says 5: an image is served as long as it "
                              "is, leave filesize out"),
                          "export 'y': open /nowhere: No such file or directory"});
}

TEST_CASE("two exports must not write to one image, whatever its paths are") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    options.config.exports[0].read_only = false;
    options.config.exports.push_back({.name = "y", .path = "/tmp/.." + image.path()});
    const auto made = plan(options);
    CHECK(made.plan.error() == ExitStatus::image);
    CHECK(made.log == std::vector<std::string>{
                          "export 'y': writes to the image of 'x' too: one of them must be "
                          "readonly"});
    options.config.exports[1].read_only = true;
    CHECK(plan(options).plan);
}

TEST_CASE("the image of a pattern is not opened") {
    config::Options options = serving("/nowhere/%s");
    options.config.exports[0].pattern = config::AddressPattern{};
    const auto made = plan(options);
    REQUIRE(made.plan);
    CHECK_FALSE(made.plan->exports.at(0).image);
    CHECK(describe(made.plan->exports[0]) == "/nowhere/%s as 'x', for each address, read-only");
}

TEST_CASE("a file's faults and its missing images come in one run, the file's first") {
    const TemporaryFile file("[generic]\nport=x\n[a]\nexportname=/nowhere\nrotational=true\n");
    const auto made = plan(of_file(file));
    CHECK(made.plan.error() == ExitStatus::config);
    CHECK(made.log ==
          std::vector<std::string>{
              file.path() + ":5: note: rotational: it has no effect: clients order requests as "
                            "they like",
              file.path() + ":2: port: port 'x': not a number from 0 to 65535",
              file.path() + ":3: export 'a': open /nowhere: No such file or directory"});
}

TEST_CASE("who the server shall become is looked up, and must be known") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    CHECK_FALSE(plan(options).plan.value().account);
    options.config.user = "root";
    CHECK(plan(options).plan.value().account == sys::Account{0, 0, "root"});
    options.config.user = "no such";
    CHECK(plan(options).plan.error() == ExitStatus::usage);
}

TEST_CASE("a state directory that was asked for must be there") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    options.config.state_directory = "/tmp";
    CHECK(plan(options).plan.value().state_directory == "/tmp");
    options.config.state_directory = "/nowhere";
    CHECK(plan(options).plan.error() == ExitStatus::failed);
    const KnownIds reload = [](const storage::Image&) { return std::nullopt; };
    CHECK(plan(options, reload).plan);
}

TEST_CASE("a configuration file that is missing is one line") {
    config::Options options;
    options.config_file = "/nowhere.ini";
    const auto made = plan(options);
    CHECK(made.plan.error() == ExitStatus::config);
    CHECK(made.log == std::vector<std::string>{"open /nowhere.ini: No such file or directory"});
}

TEST_CASE("what is checked tells of a single client on standard input") {
    const TemporaryFile image("disk");
    config::Options options = serving(image.path());
    options.config.standard_input = true;
    const std::string report = check_report(plan(options).plan.value());
    CHECK(report.starts_with("listen on nothing: one client, over standard input\n"));
}

namespace {

config::Options with_overlay(const TemporaryFile& image, const std::string& directory) {
    config::Options options = serving(image.path());
    options.config.exports[0].read_only = false;
    options.config.exports[0].overlay.kind = config::OverlayKind::temporary;
    options.config.exports[0].overlay.directory = directory;
    return options;
}

std::string base_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

TEST_CASE(
    "an image under overlays is opened read-only, and their directory is made for nobody else") {
    const TemporaryFile image("disk");
    const std::string directory = image.path() + ".overlays";
    const auto made = plan(with_overlay(image, image.path() + ".overlays//"));
    REQUIRE(made.plan);
    const PlannedExport& planned = made.plan->exports.at(0);
    CHECK(planned.image->access() == storage::Access::read_only);
    CHECK(planned.config.overlay.directory == directory);
    struct stat status {};
    REQUIRE(::stat(directory.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);
    CHECK(plan(with_overlay(image, directory)).plan);
    ::rmdir(directory.c_str());
}

TEST_CASE("a check makes no directory, and says where it would be") {
    const TemporaryFile image("disk");
    const std::string directory = image.path() + ".overlays";
    config::Options options = with_overlay(image, directory);
    options.action = config::Options::Action::check;
    CHECK(plan(options).plan.value().exports.at(0).config.overlay.directory == directory);
    CHECK(::access(directory.c_str(), F_OK) != 0);
}

TEST_CASE("overlays without a directory to lie in are refused with the reason") {
    const TemporaryFile image("disk");
    const auto of = [&](const std::string& directory) {
        return plan(with_overlay(image, directory)).log;
    };
    CHECK(of(image.path()) == std::vector<std::string>{cat("export 'x': overlay: directory ",
                                                           image.path(), ": not a directory")});
    CHECK(of("/nowhere/at/all") ==
          std::vector<std::string>{"export 'x': overlay: create directory /nowhere/at/all: No such "
                                   "file or directory"});
    const KnownIds known = [](const storage::Image&) { return std::nullopt; };
    CHECK(plan(with_overlay(image, ""), known).log ==
          std::vector<std::string>{
              "export 'x': overlay: there is no state directory that its overlays could lie in; "
              "make /var/lib/nbd-rootserver, or say state-directory or overlay-directory"});
}

TEST_CASE("an image under overlays that another export writes is refused") {
    const TemporaryFile image("disk");
    config::Options options = with_overlay(image, base_of(image.path()));
    options.config.exports.push_back({.name = "y", .path = image.path()});
    CHECK(plan(options).log ==
          std::vector<std::string>{
              "export 'x': its overlays lie over the image that 'y' writes: that one must be "
              "readonly, or have overlays"});
}
