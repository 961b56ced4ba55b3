#include "lib/protocol/dns/lookup.h"

#include <cerrno>

#include "lib/base/text.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"
#include "tests/unit/lib/protocol/dns/answer.h"

namespace nbdroot::protocol::dns {
namespace {

using tests::address;
using tests::serialize;
using tests::TestAnswer;

constexpr std::uint16_t kNoSuchName = 0x8183;
constexpr std::uint16_t kServerFailure = 0x8182;

constexpr std::uint32_t kFirst = 0x0a000001;  // 10.0.0.1
constexpr std::uint32_t kSecond = 0x0a000002;

Instant at(int ms) { return Instant(Duration(ms)); }

TestAnswer with_address(int last) { return {.records = {{.data = address({10, 0, 0, last})}}}; }
TestAnswer with_v6() { return {.records = {{.type = 28, .data = Bytes(16)}}}; }

// A lookup, and what a server has to say to its questions.
class Desk {
public:
    explicit Desk(Lookup::Options options)
        : lookup_(std::move(options), [this] { return ++random_; }) {
        lookup_.start(at(0));
    }

    // "0 A boot.lan": to which server, what; "": no question.
    std::string asked() {
        const auto output = lookup_.next_output();
        if (!output) return "";
        server_ = output->server;
        const auto name = read_name(output->datagram, 12).value();
        const auto type = output->datagram.at(name.end + 1);
        question_ = {
            .id = static_cast<std::uint16_t>(std::to_integer<unsigned>(output->datagram[0]) << 8 |
                                             std::to_integer<unsigned>(output->datagram[1])),
            .name = name.name,
            .type = static_cast<RecordType>(type)};
        return cat(server_, question_.type == RecordType::a ? " A " : " AAAA ", shown(name.name));
    }

    void answer(const TestAnswer& answer, Instant now = at(1)) {
        REQUIRE(lookup_.on_datagram(server_, serialize(question_, answer), now));
    }
    void answer_from(std::size_t server, const TestAnswer& answer, Instant now) {
        REQUIRE(lookup_.on_datagram(server, serialize(question_, answer), now));
    }

    // Addresses with a blank behind each, or the message.
    [[nodiscard]] std::string outcome() const {
        if (!lookup_.outcome()) return "none yet";
        const auto& outcome = *lookup_.outcome();
        if (!outcome) return outcome.error().message();
        std::string text;
        for (const Address& found : *outcome) text += nbdroot::tests::to_hex(found.view()) + " ";
        return text;
    }

    Lookup& lookup() { return lookup_; }
    [[nodiscard]] const Question& question() const { return question_; }

private:
    static std::string shown(const Name& name) {
        std::string text;
        ByteReader reader(base::as_bytes(name.wire));
        for (auto length = reader.u8(); length && *length > 0; length = reader.u8()) {
            text += cat(text.empty() ? "" : ".", reader.text(*length).value());
        }
        return text;
    }

    std::uint32_t random_ = 0;
    Lookup lookup_;
    std::size_t server_ = 0;
    Question question_;
};

Lookup::Options two_servers(std::string host = "boot.lan") {
    return {.host = std::move(host), .servers = {kFirst, kSecond}};
}

}  // namespace

TEST_CASE("the first server's address ends the lookup") {
    Desk desk(two_servers());
    CHECK(desk.asked() == "0 A boot.lan");
    CHECK(desk.asked().empty());
    CHECK(desk.outcome() == "none yet");
    desk.answer(with_address(7));
    CHECK(desk.outcome() == "0a000007 ");
    CHECK(desk.asked().empty());
    CHECK(desk.lookup().next_deadline() == std::nullopt);
}

TEST_CASE("a silent server is followed by the next, and its late answer still counts") {
    Desk desk(two_servers());
    CHECK(desk.asked() == "0 A boot.lan");
    CHECK(desk.lookup().next_deadline() == at(500));
    desk.lookup().on_time(at(499));
    CHECK(desk.asked().empty());
    desk.lookup().on_time(at(500));
    CHECK(desk.asked() == "1 A boot.lan");
    desk.answer_from(0, with_address(7), at(600));
    CHECK(desk.outcome() == "0a000007 ");
}

TEST_CASE("servers are asked round and round, for 5 s in all") {
    Desk desk(two_servers());
    std::string order;
    while (const auto deadline = desk.lookup().next_deadline()) {
        order += desk.asked().substr(0, 1);
        desk.lookup().on_time(*deadline);
    }
    CHECK(order == "0101010101");
    CHECK(desk.outcome() == "resolve boot.lan: no answer from 10.0.0.1, 10.0.0.2");
    CHECK(desk.lookup().outcome()->error().code == ETIMEDOUT);
}

TEST_CASE("a single server is asked again each second") {
    Desk desk({.host = "boot.lan", .servers = {kFirst}});
    std::size_t count = 0;
    while (const auto deadline = desk.lookup().next_deadline()) {
        if (!desk.asked().empty()) ++count;
        desk.lookup().on_time(*deadline);
    }
    CHECK(count == 5);
    CHECK(desk.outcome() == "resolve boot.lan: no answer from 10.0.0.1");
}

TEST_CASE("a server that cannot say is followed by the next at once") {
    Desk desk(two_servers());
    (void)desk.asked();
    desk.answer({.flags = kServerFailure});
    CHECK(desk.asked() == "1 A boot.lan");
    desk.answer(with_address(7));
    CHECK(desk.outcome() == "0a000007 ");
}

TEST_CASE("a server that was left alone does not hurry the next one") {
    Desk desk(two_servers());
    (void)desk.asked();
    desk.lookup().on_time(at(500));
    CHECK(desk.asked() == "1 A boot.lan");
    desk.lookup().on_failure(0, "Connection refused", at(510));
    CHECK(desk.asked().empty());
    desk.lookup().on_failure(0, "Connection refused", at(520));
    CHECK(desk.asked().empty());
    desk.answer(with_address(7));
    CHECK(desk.outcome() == "0a000007 ");
}

TEST_CASE("when no server can say, each one's reason is told at once") {
    Desk desk(two_servers());
    (void)desk.asked();
    desk.lookup().on_failure(0, "Connection refused", at(1));
    CHECK(desk.asked() == "1 A boot.lan");
    desk.answer({.flags = kServerFailure});
    CHECK(desk.outcome() == "resolve boot.lan: 10.0.0.1: Connection refused; 10.0.0.2: SERVFAIL");
    CHECK(desk.lookup().next_deadline() == std::nullopt);
    // Whatever comes now is too late.
    CHECK_FALSE(desk.lookup().on_datagram(1, serialize(desk.question(), with_address(7)), at(2)));
    desk.lookup().on_failure(1, "late", at(2));
    desk.lookup().on_time(at(9000));
    CHECK(desk.asked().empty());
}

TEST_CASE("silence and failure are told apart") {
    Desk desk(two_servers());
    (void)desk.asked();
    desk.lookup().on_failure(0, "REFUSED", at(1));
    (void)desk.asked();
    desk.lookup().on_time(at(5000));
    CHECK(desk.outcome() == "resolve boot.lan: no answer from 10.0.0.2; 10.0.0.1: REFUSED");
}

TEST_CASE("a failure takes back a question that was not sent yet") {
    Desk desk(two_servers());
    desk.lookup().on_failure(0, "Network is unreachable", at(0));
    CHECK(desk.asked() == "1 A boot.lan");
    CHECK(desk.asked().empty());
}

TEST_CASE("a name without addresses of one kind is asked for the other") {
    Desk desk(two_servers());
    CHECK(desk.asked() == "0 A boot.lan");
    desk.answer({});
    CHECK(desk.asked() == "0 AAAA boot.lan");
    SECTION("and has them") {
        desk.answer(with_v6());
        CHECK(desk.outcome() == "00000000000000000000000000000000 ");
    }
    SECTION("and has none") {
        desk.answer({});
        CHECK(desk.outcome() == "resolve boot.lan: has no address (asked 10.0.0.1)");
        CHECK(desk.lookup().outcome()->error().code == ENOENT);
    }
}

TEST_CASE("IPv6 addresses come behind those of IPv4 where they are wanted") {
    Lookup::Options options = two_servers();
    options.wants_ipv6 = true;
    Desk desk(options);
    (void)desk.asked();
    desk.answer(with_address(7));
    CHECK(desk.outcome() == "none yet");
    CHECK(desk.asked() == "0 AAAA boot.lan");
    SECTION("both") {
        desk.answer(with_v6());
        CHECK(desk.outcome() == "0a000007 00000000000000000000000000000000 ");
    }
    SECTION("none of IPv6") {
        desk.answer({});
        CHECK(desk.outcome() == "0a000007 ");
    }
    SECTION("a server that denies the name altogether") {
        desk.answer({.flags = kNoSuchName});
        CHECK(desk.outcome() == "0a000007 ");
    }
    SECTION("no answer: a second is enough") {
        desk.lookup().on_time(at(1000));
        CHECK(desk.outcome() == "none yet");
        desk.lookup().on_time(at(1001));
        CHECK(desk.outcome() == "0a000007 ");
    }
    SECTION("no server can say") {
        desk.lookup().on_failure(0, "REFUSED", at(2));
        desk.lookup().on_failure(1, "REFUSED", at(2));
        CHECK(desk.outcome() == "0a000007 ");
    }
}

TEST_CASE("a name that does not exist is looked for in the next domain") {
    Desk desk({.host = "boot", .servers = {kFirst, kSecond}, .search = {"lan", "example.org"}});
    CHECK(desk.asked() == "0 A boot.lan");
    desk.answer({.flags = kNoSuchName});
    CHECK(desk.asked() == "0 A boot.example.org");
    SECTION("and found") {
        desk.answer(with_address(7));
        CHECK(desk.outcome() == "0a000007 ");
    }
    SECTION("and not found anywhere") {
        desk.answer({.flags = kNoSuchName});
        CHECK(desk.asked() == "0 A boot");
        desk.answer({.flags = kNoSuchName});
        CHECK(desk.outcome() ==
              "resolve boot: no such name, neither boot.lan nor boot.example.org nor boot "
              "(asked 10.0.0.1)");
    }
}

TEST_CASE("a domain whose servers fail is passed over") {
    Desk desk({.host = "boot", .servers = {kFirst}, .search = {"broken.example", "good.example"}});
    CHECK(desk.asked() == "0 A boot.broken.example");
    desk.answer({.flags = kServerFailure});
    CHECK(desk.asked() == "0 A boot.good.example");
    SECTION("and found in the next one") {
        desk.answer(with_address(7));
        CHECK(desk.outcome() == "0a000007 ");
    }
    SECTION("and not found: that the first one has it is not excluded") {
        desk.answer({.flags = kNoSuchName});
        CHECK(desk.asked() == "0 A boot");
        desk.answer({.flags = kNoSuchName});
        CHECK(desk.outcome() == "resolve boot: boot.broken.example: 10.0.0.1: SERVFAIL");
        CHECK(desk.lookup().outcome()->error().code != ENOENT);
    }
    SECTION("as is every other one") {
        desk.answer({.flags = kServerFailure});
        CHECK(desk.asked() == "0 A boot");
        desk.answer({.flags = kServerFailure});
        CHECK(desk.outcome() ==
              "resolve boot: boot.broken.example: 10.0.0.1: SERVFAIL; boot.good.example: 10.0.0.1: "
              "SERVFAIL; boot: 10.0.0.1: SERVFAIL");
    }
}

TEST_CASE("a domain that nobody answers for has its share of the time only") {
    Desk desk({.host = "boot", .servers = {kFirst}, .search = {"dead.example"}});
    const auto ask_until = [&](std::string_view other) {
        std::string asked;
        Instant now = at(0);
        for (asked = desk.asked(); asked != other && desk.lookup().next_deadline();
             asked = desk.asked()) {
            now = *desk.lookup().next_deadline();
            desk.lookup().on_time(now);
        }
        return now;
    };
    CHECK(ask_until("0 A boot") == at(2500));
    SECTION("and the next one is found") {
        desk.answer(with_address(7), at(2600));
        CHECK(desk.outcome() == "0a000007 ");
    }
    SECTION("and the next one has the rest") {
        CHECK(ask_until("nothing") == at(5000));
        CHECK(desk.outcome() ==
              "resolve boot: boot.dead.example: no answer from 10.0.0.1; boot: no "
              "answer from 10.0.0.1");
        CHECK(desk.lookup().outcome()->error().code == ETIMEDOUT);
    }
}

TEST_CASE("very many domains have a second each, and all of them 5 s") {
    Desk desk({.host = "boot", .servers = {kFirst}, .search = {"a", "b", "c", "d", "e", "f"}});
    std::string order;
    Instant now = at(0);
    while (const auto deadline = desk.lookup().next_deadline()) {
        order += desk.asked() + ",";
        now = *deadline;
        desk.lookup().on_time(now);
    }
    CHECK(now == at(5000));
    CHECK(order == "0 A boot.a,0 A boot.b,0 A boot.c,0 A boot.d,0 A boot.e,");
}

TEST_CASE("a name without address is followed by the next candidate") {
    Desk desk({.host = "boot", .servers = {kFirst}, .search = {"lan"}});
    (void)desk.asked();
    desk.answer({});
    CHECK(desk.asked() == "0 AAAA boot.lan");
    desk.answer({});
    CHECK(desk.asked() == "0 A boot");
    desk.answer({.flags = kNoSuchName});
    CHECK(desk.outcome() ==
          "resolve boot: has no address, neither boot.lan nor boot (asked 10.0.0.1)");
}

TEST_CASE("the server that answers is asked first from then on, and a failure counts once") {
    Desk desk({.host = "boot", .servers = {kFirst, kSecond}, .search = {"lan"}});
    CHECK(desk.asked() == "0 A boot.lan");
    desk.answer({.flags = kServerFailure});
    CHECK(desk.asked() == "1 A boot.lan");
    desk.answer({.flags = kNoSuchName});
    CHECK(desk.asked() == "1 A boot");
    desk.lookup().on_time(at(501));
    CHECK(desk.asked() == "0 A boot");  // of this one it said nothing yet
}

TEST_CASE("an answer to an earlier question is ignored") {
    Desk desk({.host = "boot", .servers = {kFirst}, .search = {"lan"}});
    (void)desk.asked();
    const Bytes early = serialize(desk.question(), with_address(6));
    desk.answer({.flags = kNoSuchName});
    const auto taken = desk.lookup().on_datagram(0, early, at(2));
    REQUIRE_FALSE(taken);
    CHECK(taken.error().reason == "of another question");
    CHECK(desk.outcome() == "none yet");
}

TEST_CASE("without a name server the reason says where one comes from") {
    Desk desk({.host = "boot.lan", .servers = {}});
    CHECK(desk.outcome() ==
          "resolve boot.lan: no name server is known; nameserver= or DHCP option 6 gives one");
    CHECK(desk.asked().empty());
}

TEST_CASE("a host that is no name is not asked for") {
    Desk desk(two_servers("bo ot"));
    CHECK(desk.outcome() == "resolve bo ot: is not a name that the DNS can have");
}

TEST_CASE("of very many servers the first are asked") {
    Desk desk({.host = "boot.lan", .servers = {1, 2, 3, 4, 5, 6}});
    std::string order;
    while (const auto deadline = desk.lookup().next_deadline()) {
        order += desk.asked().substr(0, 1);
        desk.lookup().on_time(*deadline);
    }
    CHECK(order == "0123012301");
}

}  // namespace nbdroot::protocol::dns
