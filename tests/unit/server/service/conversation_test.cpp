#include "server/service/conversation.h"

#include "lib/base/text.h"
#include "lib/protocol/nbd/structured_reply.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::server::service;
using protocol::nbd::Command;
using protocol::nbd::ErrorNumber;
using protocol::nbd::kRequestSize;
using protocol::nbd::kSimpleReplySize;
using protocol::service::kHeaderBytes;
using protocol::service::kMaximumRequest;
using protocol::service::kWindowBytes;
using protocol::service::Status;

namespace {

Bytes request(Command command, std::uint64_t offset, std::uint32_t length,
              std::string_view payload = "") {
    Bytes bytes;
    ByteWriter out(bytes);
    out.value(protocol::nbd::encode(protocol::nbd::Request{
        .command = command, .cookie = 5, .offset_bytes = offset, .length_bytes = length}));
    out.text(payload);
    return bytes;
}

Bytes write(std::string_view text) {
    return request(Command::write, 0, static_cast<std::uint32_t>(text.size()), text);
}

Bytes joined(Bytes one, const Bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

// ERROR and what follows it in OUTPUT; nothing else may.
std::string reply(ErrorNumber error, std::string_view data = "") {
    Bytes bytes;
    ByteWriter out(bytes);
    out.value(protocol::nbd::encode(protocol::nbd::SimpleReply{.error = error, .cookie = 5}));
    out.text(data);
    return std::string(base::as_text(bytes));
}

std::string header(Status status, std::uint32_t length, std::uint32_t number) {
    const auto wire =
        protocol::service::encode({.status = status, .length_bytes = length, .number = number});
    return std::string(base::as_text(std::as_bytes(std::span(&wire, 1))));
}

std::string output_of(Conversation& conversation) {
    return std::string(base::as_text(conversation.take_output()));
}

// All of it is taken.
std::string say(Conversation& conversation, const Bytes& bytes) {
    CHECK(conversation.on_bytes(bytes) == bytes.size());
    return output_of(conversation);
}

const Bytes kReadHeader = request(Command::read, 0, kHeaderBytes);

}  // namespace

TEST_CASE("a request is taken, worked on, and its answer read") {
    Conversation talk(false);
    CHECK(say(talk, kReadHeader) == reply(ErrorNumber::none, header(Status::idle, 0, 0)));
    CHECK(say(talk, write("{}")) == reply(ErrorNumber::none));
    CHECK(talk.take_request() == "{}");
    CHECK_FALSE(talk.take_request());
    talk.answer(Status::done, "abc");
    CHECK(say(talk, kReadHeader) == reply(ErrorNumber::none, header(Status::done, 3, 1)));
    CHECK(say(talk, request(Command::read, 33, 4)) ==
          reply(ErrorNumber::none, std::string("bc\0\0", 4)));
    CHECK(say(talk, request(Command::read, 31, 2)) ==
          reply(ErrorNumber::none, std::string("\1a", 2)));
    CHECK(say(talk, request(Command::read, kWindowBytes - 1, 1)) ==
          reply(ErrorNumber::none, std::string(1, '\0')));
}

TEST_CASE("a read waits for the answer, and what follows it waits too") {
    Conversation talk(false);
    CHECK(say(talk, write("a")) == reply(ErrorNumber::none));
    const Bytes ahead = joined(kReadHeader, write("b"));
    CHECK(talk.on_bytes(ahead) == 0);
    CHECK(talk.waits());
    talk.answer(Status::failed, "");
    CHECK(say(talk, ahead) ==
          reply(ErrorNumber::none, header(Status::failed, 0, 1)) + reply(ErrorNumber::none));
    CHECK_FALSE(talk.waits());
    CHECK(talk.works());
}

TEST_CASE("who waits long is told that it is being worked on, once") {
    Conversation talk(false);
    CHECK(say(talk, write("a")) == reply(ErrorNumber::none));
    talk.tell_working();  // nobody waits
    CHECK(talk.on_bytes(kReadHeader) == 0);
    talk.tell_working();
    CHECK(say(talk, kReadHeader) == reply(ErrorNumber::none, header(Status::working, 0, 1)));
    CHECK(talk.on_bytes(kReadHeader) == 0);
    CHECK(talk.waits());
}

TEST_CASE("a second request waits until the first is answered") {
    Conversation talk(false);
    CHECK(say(talk, write("a")) == reply(ErrorNumber::none));
    CHECK(talk.on_bytes(write("b")) == 0);
    CHECK_FALSE(talk.waits());
    CHECK(talk.take_request() == "a");
    talk.answer(Status::done, "");
    CHECK(say(talk, write("b")) == reply(ErrorNumber::none));
    CHECK(talk.take_request() == "b");
}

TEST_CASE("a request that comes in pieces waits until it is whole") {
    Conversation talk(false);
    const Bytes bytes = write("abc");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CHECK(talk.on_bytes(ByteView(bytes).first(i)) == 0);
    }
    CHECK(say(talk, bytes) == reply(ErrorNumber::none));
}

TEST_CASE("writes elsewhere, too long or empty are refused and their payload is skipped") {
    Conversation talk(false);
    const std::string refused = reply(ErrorNumber::invalid);
    CHECK(say(talk, request(Command::write, 1, 3, "abc")) == refused);
    CHECK(say(talk, write(std::string(kMaximumRequest + 1, 'x'))) == refused);
    CHECK(say(talk, write("")) == refused);
    CHECK(say(talk, request(Command::write, kWindowBytes, 3, "abc")) ==
          reply(ErrorNumber::no_space));
    // Piece by piece too.
    CHECK(say(talk, request(Command::write, 1, 6, "abc")) == refused);
    CHECK(say(talk, Bytes(2)).empty());
    CHECK(say(talk, joined(Bytes(1), kReadHeader)) ==
          reply(ErrorNumber::none, header(Status::idle, 0, 0)));
    CHECK_FALSE(talk.take_request());
}

TEST_CASE("commands of disks are refused") {
    Conversation talk(false);
    const auto command = GENERATE(Command::flush, Command::trim, Command::write_zeroes,
                                  Command::cache, Command::block_status, Command::resize);
    CHECK(say(talk, request(command, 0, 0)) == reply(ErrorNumber::invalid));
}

TEST_CASE("reads beyond the window are refused") {
    Conversation talk(false);
    CHECK(say(talk, request(Command::read, kWindowBytes, 1)) == reply(ErrorNumber::invalid));
    CHECK(say(talk, request(Command::read, UINT64_MAX, 2)) == reply(ErrorNumber::invalid));
    CHECK(say(talk, request(Command::read, 1, kWindowBytes)) == reply(ErrorNumber::invalid));
}

TEST_CASE("replies that nobody takes end the taking") {
    Conversation talk(false);
    Bytes many;
    for (int i = 0; i < 10; ++i) many = joined(many, request(Command::read, 0, kWindowBytes));
    CHECK(talk.on_bytes(many) == kRequestSize);
    CHECK(talk.take_output().size() == kSimpleReplySize + kWindowBytes);
    CHECK(talk.on_bytes(many) == kRequestSize);
}

TEST_CASE("a good-bye counts also while something is worked on") {
    Conversation talk(false);
    CHECK(say(talk, write("a")) == reply(ErrorNumber::none));
    CHECK(say(talk, request(Command::disconnect, 0, 0)).empty());
    CHECK(talk.over() == "disconnected");
}

TEST_CASE("what is no request of the protocol ends the connection") {
    Conversation talk(false);
    CHECK(talk.on_bytes(Bytes(kRequestSize)) == 0);
    REQUIRE(talk.over());
    CHECK(talk.over()->starts_with("closed: "));
}

TEST_CASE("who agreed on structured replies reads in chunks") {
    Conversation talk(true);
    const std::string answer = say(talk, kReadHeader);
    REQUIRE(answer.size() == protocol::nbd::kDataChunkSize + kHeaderBytes);
    CHECK(answer.substr(protocol::nbd::kDataChunkSize) == header(Status::idle, 0, 0));
    CHECK(say(talk, request(Command::read, 0, 0)).size() == protocol::nbd::kChunkHeaderSize);
    const std::string error = say(talk, request(Command::read, kWindowBytes, 1));
    CHECK(error.size() == sizeof(protocol::nbd::ErrorChunkWire));
}
