// The list of exports: asked for by itself, and after a refusal.
#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/client_support.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::client;
using test::client_after;
using test::feed;
using test::Goal;
using test::greeting;
using test::hex;
using test::is_in_progress;
using test::join;
using test::listed;
using test::reason;
using test::refused;
using test::reply;
using test::text;

using Names = std::vector<std::string>;

const Bytes kListAck = reply(Option::list, OptionReply::ack);
const Bytes kAbort = hex("49484156454f5054 00000002 00000000");
const Bytes kList = hex("49484156454f5054 00000003 00000000");

ClientHandshake asking_for_list() {
    ClientHandshake machine = client(Goal::list);
    feed(machine, greeting());
    (void)machine.take_output();
    return machine;
}

// A client whose GO was refused and who has read SERVER_SAYS since.
ClientHandshake refused_then(const Bytes& server_says) {
    ClientHandshake machine = client_after(greeting());
    feed(machine, reply(Option::go, OptionReply::error_unknown, text("no")));
    (void)machine.take_output();
    feed(machine, server_says);
    return machine;
}

TEST_CASE("the golden bytes of asking for the list") {
    ClientHandshake machine = client(Goal::list, "ignored");
    feed(machine, greeting());
    CHECK(machine.take_output() == join({hex("00000003"), kList}));
}

TEST_CASE("the list is given in the server's order, then the client says good-bye") {
    ClientHandshake machine = asking_for_list();
    feed(machine, join({listed("b", "with a description"), listed(""), listed("a"), kListAck}),
         GENERATE(1u, 9u, 1000u));
    REQUIRE(std::holds_alternative<ClientHandshake::Listed>(machine.outcome()));
    CHECK(std::get<ClientHandshake::Listed>(machine.outcome()).names == Names{"b", "", "a"});
    CHECK(machine.take_output() == kAbort);
}

TEST_CASE("an empty list is a list") {
    ClientHandshake machine = asking_for_list();
    feed(machine, kListAck);
    REQUIRE(std::holds_alternative<ClientHandshake::Listed>(machine.outcome()));
    CHECK(std::get<ClientHandshake::Listed>(machine.outcome()).names.empty());
}

TEST_CASE("a list that the server refuses is refused politely") {
    const auto [kind, words] = GENERATE(table<OptionReply, std::string>(
        {{OptionReply::error_policy, "NBD_OPT_LIST: the server's policy forbids it"},
         {OptionReply::error_unsupported, "NBD_OPT_LIST: the server does not know this option"}}));
    ClientHandshake machine = asking_for_list();
    feed(machine, reply(Option::list, kind));
    CHECK(reason(machine) == words);
    CHECK(machine.take_output() == kAbort);
    CHECK_FALSE(refused(machine).list_was_answered);
}

TEST_CASE("an unknown export names those that exist") {
    const bool info = GENERATE(false, true);
    ClientHandshake machine = client(info ? Goal::info : Goal::transmit, "c");
    feed(machine, greeting());
    (void)machine.take_output();
    feed(machine,
         reply(info ? Option::info : Option::go, OptionReply::error_unknown, text("sorry")));
    CHECK(machine.take_output() == kList);
    CHECK(is_in_progress(machine));
    feed(machine, join({listed("a"), listed("b"), kListAck}));
    CHECK(refused(machine).error.message() ==
          "negotiate export 'c': the server has no such export (it says: sorry)");
    CHECK(refused(machine).error.code == ENOENT);
    CHECK(refused(machine).known_exports == Names{"a", "b"});
    CHECK(refused(machine).list_was_answered);
    CHECK(machine.take_output() == kAbort);
}

TEST_CASE("a forbidden export keeps the server's words, which a list would hide") {
    ClientHandshake machine = client(Goal::transmit, "c");
    feed(machine, greeting());
    (void)machine.take_output();
    feed(machine, reply(Option::go, OptionReply::error_policy, text("10.0.0.9 holds it")));
    CHECK(reason(machine) == "the server's policy forbids it (it says: 10.0.0.9 holds it)");
    CHECK_FALSE(refused(machine).list_was_answered);
    CHECK(machine.take_output() == kAbort);
}

TEST_CASE("when the list is refused too, the first refusal is what is said") {
    ClientHandshake machine = refused_then(reply(Option::list, OptionReply::error_policy));
    CHECK(reason(machine) == "the server has no such export (it says: no)");
    CHECK_FALSE(refused(machine).list_was_answered);
    CHECK(machine.take_output() == kAbort);
}

TEST_CASE("when the server closes instead of listing, the first refusal is what is said") {
    ClientHandshake machine = refused_then(listed("a"));
    machine.on_end();
    CHECK(reason(machine) == "the server has no such export (it says: no)");
    CHECK(refused(machine).known_exports == Names{"a"});
    CHECK_FALSE(refused(machine).list_was_answered);
}

TEST_CASE("broken list entries are refused") {
    const auto [said, words] = GENERATE(table<Bytes, std::string>({
        {reply(Option::list, OptionReply::server, hex("000000")),
         "the list of exports has an entry with a broken name"},
        {reply(Option::list, OptionReply::server, hex("00000003 6162")),
         "the list of exports has an entry with a broken name"},
        {reply(Option::list, OptionReply::server, hex("ffffffff 6162")),
         "the list of exports has an entry with a broken name"},
        {listed(std::string("a\0b", 3)), "the list of exports has an entry with a broken name"},
        {listed(std::string(4097, 'n')), "the list of exports has an entry with a broken name"},
        {reply(Option::list, OptionReply::info, hex("0000")), "a reply of type 3 to NBD_OPT_LIST"},
        {reply(Option::go, OptionReply::ack),
         "the reply to NBD_OPT_LIST claims to be for NBD_OPT_GO"},
    }));
    ClientHandshake machine = asking_for_list();
    feed(machine, said);
    CHECK(reason(machine) == words);
    CHECK(machine.take_output().empty());
}

TEST_CASE("the longest list is read, one more name is refused") {
    // 20 bytes of header, 4 of length, 1000 of name: 1024 of these are kMaximumListBytes.
    const Bytes entry = listed(std::string(1000, 'n'));
    REQUIRE(entry.size() * 1024 == kMaximumListBytes);
    ClientHandshake machine = asking_for_list();
    for (int i = 0; i < 1024; ++i) feed(machine, entry);
    CHECK(is_in_progress(machine));
    feed(machine, kListAck);
    CHECK(reason(machine) == "the list of exports is longer than 1048576 bytes");
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
