#include "server/admission/entrance.h"

#include <map>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/gate.h"
#include "tests/unit/server/temporary_file.h"

using namespace std::chrono_literals;
using nbdroot::server::admission::ClientImages;
using nbdroot::server::admission::CommandQueue;
using nbdroot::server::admission::Entrance;
using nbdroot::server::admission::ImageUses;
using nbdroot::server::admission::make_policy;
using nbdroot::server::admission::Reception;
using nbdroot::server::admission::Refusal;
using nbdroot::server::admission::Wish;
using nbdroot::server::config::AddressPattern;
using nbdroot::server::config::AllowList;
using nbdroot::server::config::ExportConfig;
using nbdroot::server::config::parse_address_range;
using nbdroot::server::config::parse_host_address;
using nbdroot::server::export_::Export;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::test::BoundedLoop;
using nbdroot::test::Gate;
using nbdroot::test::TemporaryFile;

namespace {

struct Lab {
    BoundedLoop loop;
    TemporaryFile file{"0123"};
    TemporaryFile note;
    std::vector<std::string> lines;
    nbdroot::Log log{nbdroot::Level::info,
                     [this](nbdroot::Level, std::string_view line) { lines.emplace_back(line); }};
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 2));
    Reception reception;
    ExportConfig config{.name = "x", .path = file.path(), .read_only = true};
    std::vector<std::string> shut_down;
    int decisions = 0;  // that came later
    bool only_asks = false;
    Access access = Access::read_only;
    std::string address = "10.0.0.7";

    Lab() {
        reception.images = std::make_unique<ClientImages>(
            *pool, [this](const ExportConfig& wanted, Image image, const std::string& id) {
                return make(wanted, std::move(image), id);
            });
        const CommandQueue::Limits limits{.at_once = 4, .time = 20s};
        reception.uses = std::make_shared<ImageUses>(
            loop.get(), log, ImageUses::Limits{.before = limits, .after = limits});
    }

    std::shared_ptr<Export> make(const ExportConfig& wanted, Image image, const std::string& id) {
        return std::make_shared<Export>(Export::Traits{.name = wanted.name, .image_id = id},
                                        std::move(image), *pool, log);
    }

    std::shared_ptr<Entrance> begin(const std::string& token = "") {
        Wish wish{.found = {.target = nullptr,
                            .policy = make_policy(config),
                            .boot_token = token,
                            .export_name = "x"},
                  .only_asks = only_asks,
                  .wants_name = true,
                  .learns_block_sizes = true};
        if (!config.pattern) {
            wish.found.target = make(config, std::move(*Image::open(config.path, access)), "id");
        }
        const std::string who = "guest " + token;
        auto entrance = std::make_shared<Entrance>(
            reception,
            nbdroot::server::admission::Guest{
                .peer = "peer",
                .address =
                    address.empty() ? std::nullopt : std::optional(*parse_host_address(address)),
                .decided = [this] { ++decisions; },
                .shut_down = [this, who](const std::string&) { shut_down.push_back(who); },
                .look = {},
                .probe = {}},
            std::move(wish));
        entrance->begin();
        return entrance;
    }

    // The verdict that is there when begin() returns.
    Entrance::Verdict ask(const std::string& token = "") {
        const int before = decisions;
        const auto entrance = begin(token);
        REQUIRE(entrance->is_decided());
        CHECK(decisions == before);
        return entrance->take_verdict();
    }

    static Entrance::Refused refusal(Entrance::Verdict verdict) {
        REQUIRE_FALSE(verdict);
        return std::move(verdict.error());
    }

    Entrance::Verdict wait_for(const std::shared_ptr<Entrance>& entrance) {
        loop.run_until([&] { return entrance->is_decided(); });
        return entrance->take_verdict();
    }
};

}  // namespace

TEST_CASE("an export without conditions lets in at once, with a token and a place") {
    Lab lab;
    const auto verdict = lab.ask();
    REQUIRE(verdict);
    CHECK(verdict->boot_token.size() == 32);
    CHECK(verdict->canonical_name == "x@id." + verdict->boot_token);
    CHECK(verdict->stay != nullptr);
    CHECK(lab.reception.by_export.count("x") == 1);
}

TEST_CASE("an allow list is about addresses: others are refused, a unix socket has none") {
    Lab lab;
    lab.config.allow = AllowList{{*parse_address_range("10.0.0.0/30")}};
    const auto refused = Lab::refusal(lab.ask());
    CHECK(refused.why == Refusal::not_allowed);
    CHECK(refused.text == "export 'x' is not for clients from 10.0.0.7");
    lab.address = "10.0.0.2";
    CHECK(lab.ask());
    lab.address = "";
    CHECK(lab.ask());
    lab.config.allow = AllowList{};
    lab.address = "10.0.0.2";
    CHECK_FALSE(lab.ask());
}

TEST_CASE("a limit counts who is in, and nobody who was refused, has left or only asks") {
    Lab lab;
    lab.config.maximum_connections = 2;
    lab.config.maximum_connections_per_address = 1;
    auto first = lab.ask();
    REQUIRE(first);
    CHECK(Lab::refusal(lab.ask()).text ==
          "export 'x' has all the 1 clients from 10.0.0.7 that it may have "
          "(address-max-connections)");
    lab.address = "10.0.0.8";
    lab.only_asks = true;
    for (int i = 0; i < 3; ++i) CHECK(lab.ask());
    lab.only_asks = false;
    const auto second = lab.ask();
    REQUIRE(second);
    lab.address = "10.0.0.9";
    const auto refused = Lab::refusal(lab.ask());
    CHECK(refused.why == Refusal::limit);
    CHECK(refused.text ==
          "export 'x' has all the 2 clients that it may have (export-max-connections)");
    first->stay.reset();
    CHECK(lab.ask());
    CHECK(lab.reception.by_export.count("x") == 1);
    CHECK(lab.reception.by_export_and_address.size() == 1);
}

TEST_CASE(
    "a limit does not keep a machine that lost its power from the disk that it alone writes") {
    Lab lab;
    lab.config.maximum_connections = 1;
    lab.access = Access::writable;
    const auto first = lab.ask();
    CHECK(lab.ask());  // this export has no door
}

TEST_CASE("where each address writes an image of its own, the door decides about the address") {
    Lab lab;
    lab.config.path = lab.file.path();  // the same for each address
    lab.config.read_only = false;
    lab.config.pattern = AddressPattern{};
    lab.config.maximum_connections_per_address = 1;
    const auto first = lab.wait_for(lab.begin());
    REQUIRE(first);
    CHECK(lab.ask());  // this lab's images have no door
    lab.config.maximum_connections = 1;
    CHECK(Lab::refusal(lab.ask()).why == Refusal::limit);
}

TEST_CASE("a boot that comes back takes the place of its own older connection, and of no other") {
    Lab lab;
    lab.config.maximum_connections = 1;
    auto first = lab.ask("one");
    REQUIRE(first);
    CHECK_FALSE(lab.ask("two"));
    lab.only_asks = true;
    CHECK(lab.ask("one"));
    CHECK(lab.shut_down.empty());
    lab.only_asks = false;
    CHECK_FALSE(lab.ask("one"));  // the test's session does not go away
    CHECK(lab.shut_down == std::vector<std::string>{"guest one"});
    first->stay.reset();
    CHECK(lab.ask("one"));
}

TEST_CASE("the command before a client is waited for, and its failure refuses") {
    Lab lab;
    lab.config.before = "echo $NBDROOT_CLIENT >" + lab.note.path();
    lab.only_asks = true;
    CHECK(lab.ask());  // without the command
    lab.only_asks = false;
    const auto entrance = lab.begin();
    CHECK_FALSE(entrance->is_decided());
    CHECK(lab.reception.by_export.count("x") == 1);
    CHECK(lab.wait_for(entrance));
    CHECK(lab.decisions == 1);
    CHECK(lab.note.contents() == "10.0.0.7\n");

    lab.config.before = "exit 3";
    const auto refused = Lab::refusal(lab.wait_for(lab.begin()));
    CHECK(refused.why == Refusal::script);
    CHECK(refused.text == "export 'x': the command before it (prerun): exit status 3");
    CHECK(lab.reception.by_export.count("x") == 0);
}

TEST_CASE("a client that leaves while the command before it runs is cleared away after it") {
    Lab lab;
    const Gate gate;
    lab.config.before = gate.wait();
    lab.config.after = "echo after >" + lab.note.path();
    auto entrance = lab.begin();
    lab.loop.run_until([&, turns = 0]() mutable { return ++turns > 3; });  // it has been started
    entrance.reset();
    CHECK(lab.note.contents().empty());
    gate.let_through();
    lab.loop.run_until([&] { return lab.note.contents() == "after\n"; });
    CHECK(lab.decisions == 0);
    CHECK(lab.reception.by_export.size() == 0);
}

TEST_CASE("the command after a client that was refused does not run, one after a failure is said") {
    Lab lab;
    lab.config.before = "exit 1";
    lab.config.after = "exit 5";
    CHECK_FALSE(lab.wait_for(lab.begin()));
    CHECK(lab.reception.uses->commands() == 0);
    lab.config.before = "";
    lab.ask();
    lab.loop.run_until([&] { return lab.reception.uses->commands() == 0; });
    CHECK(lab.lines == std::vector<std::string>{
                           "export 'x': the command after its last client (postrun): exit status "
                           "5; its image is " +
                           lab.file.path()});
}

TEST_CASE("an image stays in use until the last work on it has ended, also without a door") {
    Lab lab;
    lab.config.after = "echo after >" + lab.note.path();
    auto verdict = lab.ask();
    REQUIRE(verdict);
    CHECK(verdict->seat == nullptr);
    auto of_work = verdict->seat;
    *verdict = {};
    CHECK(lab.reception.by_export.size() == 0);
    CHECK(lab.reception.uses->commands() == 0);
    of_work.reset();
    CHECK(lab.reception.uses->commands() == 1);
    lab.loop.run_until([&] { return lab.note.contents() == "after\n"; });
}

TEST_CASE("who only asks is answered from an image that nobody shares, and that is closed then") {
    Lab lab;
    lab.config.pattern = AddressPattern{};
    lab.config.path = lab.file.path();  // the same for each address
    lab.only_asks = true;
    auto asked = lab.wait_for(lab.begin());
    REQUIRE(asked);
    const std::weak_ptr<Export> looked_at = asked->target;
    lab.only_asks = false;
    auto in = lab.wait_for(lab.begin());
    REQUIRE(in);
    CHECK(in->target != asked->target);
    lab.only_asks = true;
    CHECK(lab.ask()->target == in->target);
    asked->target.reset();
    lab.loop.run_until([&] { return looked_at.expired(); });
}

TEST_CASE("an image of an address's own is found by it, and what is wrong with it is said") {
    Lab lab;
    lab.config.pattern = AddressPattern{};
    lab.config.path = lab.file.path() + ".%s";
    const auto refused = Lab::refusal(lab.wait_for(lab.begin()));
    CHECK(refused.why == Refusal::no_image);
    CHECK(refused.text == "export 'x': No such file or directory");
    CHECK(refused.log_text ==
          "export 'x': open " + lab.file.path() + ".10.0.0.7: No such file or directory");
    REQUIRE(refused.error);
    CHECK(refused.error->code == ENOENT);
    lab.address = "";
    CHECK(Lab::refusal(lab.ask()).why == Refusal::no_image);
}
