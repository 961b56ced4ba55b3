#include "server/export/export_table.h"

#include "lib/protocol/nbd/canonical_name.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

using nbdroot::protocol::nbd::OptionReply;
using nbdroot::server::export_::Export;
using nbdroot::server::export_::ExportTable;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

TEST_CASE("the text for an unknown name lists what exists") {
    ExportTable table;
    table.add("a", nullptr);
    table.add("b", nullptr);
    CHECK(table.find("x\n").error().text == "unknown export 'x\\x0a'; this server has: a, b");
    CHECK(table.names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("the text for an unknown name stays short, however many exports there are") {
    ExportTable table;
    for (int i = 0; i < 1000; ++i) table.add("name" + std::to_string(i), nullptr);
    const std::string text = table.find(std::string(4096, 'x')).error().text;
    CHECK(text.size() < 2048);
    CHECK(text.ends_with(", …"));
}

TEST_CASE("an export is found by its name and by a boot's, and a configured name comes first") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 1));
    const nbdroot::Log log(nbdroot::Level::info, [](nbdroot::Level, std::string_view) {});
    const TemporaryFile file("0123");
    ExportTable table;
    const auto add = [&](const std::string& name, const std::string& id) {
        table.add(name, std::make_shared<Export>(
                            Export::Traits{.name = name, .image_id = id},
                            std::move(*Image::open(file.path(), Access::read_only)), *pool, log));
    };
    add("disk", "one");
    add("disk@one.two", "three");
    table.set_default("disk");

    const auto [asked, name, token] =
        GENERATE(Catch::Generators::table<std::string, std::string, std::string>({
            {"disk", "disk", ""},
            {"", "disk", ""},
            {"disk@one.token", "disk", "token"},
            {"@one.token", "disk", "token"},
            {"disk@one.two", "disk@one.two", ""},
            {"disk@one.two@three.four", "disk@one.two", "four"},
            {"copy@one.token", "disk", "token"},  // the default export has that image
        }));
    CAPTURE(asked);
    const auto found = table.find(asked);
    REQUIRE(found);
    CHECK(found->target->name() == name);
    CHECK(found->boot_token == token);
    const auto called = nbdroot::protocol::nbd::parse_canonical_name(asked);
    CHECK(found->export_name == (token.empty() ? name : called->export_name));

    const auto replaced = table.find("disk@two.token");
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().kind == OptionReply::error_policy);
    CHECK(replaced.error().text ==
          "export 'disk' is image one here, this boot began on image two: it was replaced, boot "
          "anew to use it");
    const auto* const unknown =
        GENERATE("other", "other@two.two", "disk@one", "disk@one.", "disk/x@two.t");
    CHECK(table.find(unknown).error().kind == OptionReply::error_unknown);
}

TEST_CASE(
    "a list and the text for an unknown name keep what an address may not use to themselves") {
    using namespace nbdroot::server;
    const auto range = config::parse_address_range("10.0.0.0/8");
    const auto policy = std::make_shared<admission::Policy>(
        admission::Policy{.export_name = "inner", .allow = config::AllowList{{*range}}});
    ExportTable table;
    table.add("inner", nullptr, policy);
    table.add("outer", nullptr);
    const auto inside = config::parse_host_address("10.0.0.7");
    const auto outside = config::parse_host_address("fd00::7");
    CHECK(table.names(*inside) == std::vector<std::string>{"inner", "outer"});
    CHECK(table.names(*outside) == std::vector<std::string>{"outer"});
    CHECK(table.names() == std::vector<std::string>{"inner", "outer"});
    CHECK(table.find("x", *outside).error().text == "unknown export 'x'; this server has: outer");
}

TEST_CASE("a boot finds the image that it began on among what its export was before") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 1));
    const nbdroot::Log log(nbdroot::Level::info, [](nbdroot::Level, std::string_view) {});
    const TemporaryFile file("0123");
    const auto make = [&](const std::string& id) {
        return std::make_shared<Export>(Export::Traits{.name = "disk", .image_id = id},
                                        std::move(*Image::open(file.path(), Access::read_only)),
                                        *pool, log);
    };
    ExportTable table;
    table.add("disk", make("now"));
    for (int i = 0; i < 10; ++i) table.keep_former("disk", make("was" + std::to_string(i)));
    table.keep_former("another", make("x"));

    CHECK(table.find("disk")->target->image_id() == "now");
    CHECK(table.find("disk@now.token")->target->image_id() == "now");
    CHECK(table.find("disk@was9.token")->target->image_id() == "was9");
    CHECK(table.find("disk@was2.token")->target->image_id() == "was2");
    CHECK_FALSE(table.find("disk@x.token"));
    CHECK(table.find("renamed@now.token")->target->image_id() == "now");

    table.forget_former(
        [](const ExportTable::Entry&, const Export& one) { return one.image_id() != "was5"; });
    CHECK(table.find("disk@was5.token"));
    CHECK_FALSE(table.find("disk@was9.token"));
}
