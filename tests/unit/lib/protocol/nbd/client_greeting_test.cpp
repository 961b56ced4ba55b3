// What the client makes of greetings, of servers that vanish, and of its own options.
#include <string>

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
using test::reason;
using test::text;

TEST_CASE("the client waits for the greeting before it speaks") {
    ClientHandshake machine = client();
    CHECK(machine.take_output().empty());
    feed(machine, ByteView(greeting()).first(17));
    CHECK(machine.take_output().empty());
    CHECK(is_in_progress(machine));
}

TEST_CASE("the golden bytes of client flags and GO: block size and name are asked for") {
    ClientHandshake machine = client(Goal::transmit, "ab");
    feed(machine, greeting(), GENERATE(1u, 1000u));
    CHECK(machine.take_output() ==
          hex("00000003 49484156454f5054 00000007 0000000e 00000002 6162 0003 0001 0002 0003"));
    CHECK(machine.take_output().empty());
}

TEST_CASE("only handshake flags that the server offered and the client knows are echoed") {
    const auto [offered, echoed] = GENERATE(table<std::uint16_t, std::string>(
        {{1, "00000001"}, {3, "00000003"}, {0xffff, "00000003"}, {0xfffd, "00000001"}}));
    ClientHandshake machine = client_after(greeting(offered));
    const Bytes output = machine.take_output();
    REQUIRE(output.size() >= 4);
    CHECK(Bytes(output.begin(), output.begin() + 4) == hex(echoed));
}

TEST_CASE("a server without fixed newstyle is asked with EXPORT_NAME at once") {
    ClientHandshake machine = client(Goal::transmit, "ab");
    feed(machine, greeting(0));
    CHECK(machine.take_output() == hex("00000000 49484156454f5054 00000001 00000002 6162"));
    CHECK(is_in_progress(machine));
}

TEST_CASE("a server without fixed newstyle cannot be asked for information or a list") {
    ClientHandshake machine = client(GENERATE(Goal::info, Goal::list));
    feed(machine, greeting(kFlagNoZeroes));
    CHECK(reason(machine) ==
          "the server lacks fixed newstyle: it cannot be asked about its exports");
}

TEST_CASE("a server of another protocol is named by its first bytes") {
    const ClientHandshake machine = client_after(text("SSH-2.0-OpenSSH_9.2p1\r\n"));
    CHECK(reason(machine) == "this is no NBD server: it begins with 'SSH-2.0-OpenSSH_'");
}

TEST_CASE("bytes of a foreign greeting do not reach the terminal") {
    const ClientHandshake machine = client_after(join({hex("1b5b324a"), text("0123456789ab")}));
    CHECK(reason(machine) == "this is no NBD server: it begins with '\\x1b[2J0123456789ab'");
}

TEST_CASE("an oldstyle server is named as such") {
    const ClientHandshake machine =
        client_after(join({text("NBDMAGIC"), hex("0000420281861253 0000000000100000 00000000")}));
    CHECK(reason(machine) ==
          "the server speaks the oldstyle handshake, which is not supported: newstyle is needed");
}

TEST_CASE("an unknown second magic is refused") {
    const ClientHandshake machine = client_after(text("NBDMAGICIHAVEOPX??"));
    CHECK(reason(machine) == "the server speaks an unknown handshake, 'IHAVEOPX'");
}

TEST_CASE("a server that closes is named with the phase where it did") {
    const Bytes unsupported = test::reply(Option::go, OptionReply::error_unsupported);
    const auto [said, words] = GENERATE_COPY(table<Bytes, std::string>({
        {Bytes(), "before its greeting"},
        {text("NBDMAGIC"), "inside its greeting"},
        {text("NBDMAGICIHAVEOPT"), "inside its greeting"},
        {greeting(), "before the end of its answer to NBD_OPT_GO"},
        {join({greeting(), hex("0003e889")}), "before the end of its answer to NBD_OPT_GO"},
        {join({greeting(), unsupported}),
         "after NBD_OPT_EXPORT_NAME, which is how it refuses a name"},
        {join({greeting(), unsupported, hex("00")}),
         "before the end of its answer to NBD_OPT_EXPORT_NAME"},
    }));
    ClientHandshake machine = client_after(said);
    REQUIRE(is_in_progress(machine));
    machine.on_end();
    CHECK(reason(machine) == "the server closed the connection " + words);
}

TEST_CASE("a server that closes after the outcome changes nothing") {
    ClientHandshake machine = client_after(text("SSH-2.0-OpenSSH_9.2p1\r\n"));
    const std::string before = reason(machine);
    machine.on_end();
    feed(machine, greeting());
    CHECK(reason(machine) == before);
    CHECK(machine.take_output().empty());
}

TEST_CASE("an export name that no server may accept is refused before anything is sent") {
    const auto [name, words] = GENERATE(table<std::string, std::string>(
        {{std::string(4097, 'n'),
          "an export name has at most 4096 bytes and no NUL byte, not 4097 bytes"},
         {std::string("a\0b", 3),
          "an export name has at most 4096 bytes and no NUL byte, not 3 bytes"}}));
    ClientHandshake machine = client(Goal::transmit, name);
    CHECK(reason(machine) == words);
    feed(machine, greeting());
    CHECK(machine.take_output().empty());
}

TEST_CASE("errors say what was negotiated") {
    const auto [goal, name, message] = GENERATE(table<Goal, std::string, std::string>({
        {Goal::transmit, "a b", "negotiate export 'a b'"},
        {Goal::info, "a\nb", "negotiate export 'a\\x0ab'"},
        {Goal::transmit, "", "negotiate default export"},
        {Goal::list, "", "negotiate list of exports"},
    }));
    ClientHandshake machine = client(goal, name);
    machine.on_end();
    CHECK(test::refused(machine).error.message() ==
          message + ": the server closed the connection before its greeting");
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
