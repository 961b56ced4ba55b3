#include "server/control/desk.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/sys/file.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

using nbdroot::Bytes;
using nbdroot::ByteView;
using nbdroot::Duration;
using nbdroot::server::control::Desk;
using nbdroot::server::control::kLongestRequest;
using nbdroot::server::control::kMostAskers;
using nbdroot::sys::Fd;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

struct Fixture {
    BoundedLoop loop;
    std::string path = "/tmp/nbdroot-desk-" + std::to_string(::getpid());
    std::vector<std::string> lines;
    std::vector<Desk::Answer> answers;
    bool at_once = true;
    std::unique_ptr<Desk> desk;

    explicit Fixture(Duration patience = std::chrono::seconds(20)) {
        auto opened = Desk::open(
            loop.get(), path,
            [this](std::string_view line, const Desk::Answer& answer) {
                lines.emplace_back(line);
                if (at_once) return answer.give("you said " + std::string(line));
                answers.push_back(answer);
            },
            patience);
        REQUIRE(opened);
        desk = std::move(*opened);
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture() { ::unlink(path.c_str()); }

    [[nodiscard]] Fd connect() const {
        Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
        return fd;
    }

    // Until the desk closes: what came, or until there is nothing to receive any more.
    std::string answer_to(const Fd& fd) {
        std::string all;
        loop.run_until([&] {
            std::array<std::byte, 65536> piece;
            const auto got = nbdroot::sys::receive_some(fd.get(), piece, "");
            if (!got || (*got && **got == 0)) return true;
            if (*got) all += nbdroot::base::as_text(ByteView(piece).first(**got));
            return false;
        });
        return all;
    }
};

void say(const Fd& fd, std::string_view text) {
    REQUIRE(nbdroot::sys::write_all(fd.get(), nbdroot::base::as_bytes(text), "test"));
}

}  // namespace

TEST_CASE("a line gets its answer, whole or in pieces") {
    Fixture f;
    const Fd whole = f.connect();
    say(whole, "hello\nand more");
    CHECK(f.answer_to(whole) == "you said hello\n");

    const Fd pieces = f.connect();
    say(pieces, "he");
    const Fd other = f.connect();
    say(other, "me first\n");
    CHECK(f.answer_to(other) == "you said me first\n");
    say(pieces, "llo\n");
    CHECK(f.answer_to(pieces) == "you said hello\n");
}

TEST_CASE("the end of the stream ends the line too") {
    Fixture f;
    const Fd fd = f.connect();
    say(fd, "hello");
    ::shutdown(fd.get(), SHUT_WR);
    CHECK(f.answer_to(fd) == "you said hello\n");
}

TEST_CASE("an asker that says nothing and goes is no request") {
    Fixture f;
    f.connect().reset();
    const Fd fd = f.connect();
    say(fd, "x\n");
    f.answer_to(fd);
    CHECK(f.lines == std::vector<std::string>{"x"});
}

TEST_CASE("a request without end is refused") {
    Fixture f;
    const Fd fd = f.connect();
    say(fd, std::string(kLongestRequest + 1, 'x'));
    CHECK(f.answer_to(fd) == "{\"error\":\"the request is longer than 8192 bytes\"}\n");
    CHECK(f.lines.empty());
}

TEST_CASE("a request as long as allowed is taken") {
    Fixture f;
    const Fd fd = f.connect();
    say(fd, std::string(kLongestRequest, 'x') + '\n');
    CHECK(f.answer_to(fd).size() == kLongestRequest + 10);
}

TEST_CASE("a silent asker is sent away, others are served meanwhile") {
    Fixture f(Duration(30));
    const Fd silent = f.connect();
    const Fd slow = f.connect();
    say(slow, "hel");
    CHECK(f.answer_to(silent).empty());
    CHECK(f.answer_to(slow).empty());
    CHECK(f.lines.empty());
}

TEST_CASE("an answer larger than the socket's buffer comes whole") {
    Fixture f;
    f.at_once = false;
    const Fd fd = f.connect();
    say(fd, "all\n");
    f.loop.run_until([&] { return f.answers.size() == 1; });
    f.answers[0].give(std::string(3 << 20, 'x'));
    CHECK(f.answer_to(fd).size() == (3 << 20) + 1);
}

TEST_CASE("an asker that does not take its answer is sent away") {
    Fixture f(Duration(30));
    f.at_once = false;
    const Fd fd = f.connect();
    say(fd, "all\n");
    f.loop.run_until([&] { return f.answers.size() == 1; });
    f.answers[0].give(std::string(3 << 20, 'x'));
    f.loop.run_until([&] { return !f.answers[0].wanted(); });
    CHECK(f.answer_to(fd).size() < (3 << 20));
}

TEST_CASE("waiting for an answer has no limit of its own") {
    Fixture f(Duration(20));
    f.at_once = false;
    const Fd waiting = f.connect();
    say(waiting, "wait\n");
    f.loop.run_until([&] { return f.answers.size() == 1; });
    const Fd silent = f.connect();
    CHECK(f.answer_to(silent).empty());  // its patience is over
    CHECK(f.answers[0].wanted());
    f.answers[0].give("now");
    CHECK(f.answer_to(waiting) == "now\n");
}

TEST_CASE("an asker that leaves while its answer is due is forgotten") {
    Fixture f;
    f.at_once = false;
    Fd fd = f.connect();
    say(fd, "wait\n");
    f.loop.run_until([&] { return f.answers.size() == 1; });
    CHECK(f.answers[0].wanted());
    fd.reset();
    f.loop.run_until([&] { return !f.answers[0].wanted(); });
    f.answers[0].give("too late");
}

TEST_CASE("an asker that ended its direction still gets an answer that takes time") {
    Fixture f;
    f.at_once = false;
    const Fd fd = f.connect();
    say(fd, "wait\n");
    ::shutdown(fd.get(), SHUT_WR);
    f.loop.run_until([&] { return f.answers.size() == 1; });
    f.answers[0].give("here");
    CHECK(f.answer_to(fd) == "here\n");
}

TEST_CASE("only so many are served at once, the others wait their turn") {
    Fixture f;
    f.at_once = false;
    std::vector<Fd> fds;
    for (std::size_t i = 0; i <= kMostAskers; ++i) {
        fds.push_back(f.connect());
        say(fds.back(), "wait\n");
        f.loop.run_until([&] { return f.answers.size() == std::min(i + 1, kMostAskers); });
    }
    f.answers[3].give("done");
    f.loop.run_until([&] { return f.answers.size() == kMostAskers + 1; });
    f.answers.back().give("you too");
    CHECK(f.answer_to(fds.back()) == "you too\n");
}

TEST_CASE("an answer that outlives the desk goes nowhere") {
    Fixture f;
    f.at_once = false;
    const Fd fd = f.connect();
    say(fd, "wait\n");
    f.loop.run_until([&] { return f.answers.size() == 1; });
    f.desk.reset();
    CHECK_FALSE(f.answers[0].wanted());
    f.answers[0].give("nobody");
}

TEST_CASE("the socket is for its owner alone, and goes with the desk") {
    Fixture f;
    struct stat status {};
    REQUIRE(::stat(f.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    f.desk.reset();
    CHECK_FALSE(nbdroot::sys::path_exists(f.path));
}

TEST_CASE("the socket of a living server is not taken over") {
    Fixture f;
    const auto second = Desk::open(f.loop.get(), f.path, [](std::string_view, const auto&) {});
    REQUIRE_FALSE(second);
    CHECK(second.error().message() == "listen " + f.path + ": another server answers there");
    const Fd fd = f.connect();
    say(fd, "still here\n");
    CHECK(f.answer_to(fd) == "you said still here\n");
}

TEST_CASE("the socket that a dead server left is replaced") {
    Fixture f;
    const std::string left = f.path + ".left";
    {
        const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, left.data(), left.size());
        REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    REQUIRE(nbdroot::sys::path_exists(left));
    const auto desk = Desk::open(f.loop.get(), left, [](std::string_view, const auto&) {});
    CHECK(desk);
}

TEST_CASE("a file that is no socket is not replaced") {
    BoundedLoop loop;
    const TemporaryFile file("precious");
    const auto desk = Desk::open(loop.get(), file.path(), [](std::string_view, const auto&) {});
    CHECK_FALSE(desk);
    CHECK(file.contents() == "precious");
}

TEST_CASE("a socket in no directory is an error") {
    BoundedLoop loop;
    const auto desk =
        Desk::open(loop.get(), "/nonexistent/socket", [](std::string_view, const auto&) {});
    REQUIRE_FALSE(desk);
    CHECK(desk.error().message() == "bind /nonexistent/socket: No such file or directory");
}

TEST_CASE("who asks while a desk holds waits until it goes on") {
    Fixture f;
    f.desk->hold();
    const Fd fd = f.connect();
    say(fd, "later\n");
    bool turned = false;
    const auto timer = f.loop.get().timer([&] { turned = true; });
    timer->arm(nbdroot::sys::now() + std::chrono::milliseconds(20));
    f.loop.run_until([&] { return turned; });
    CHECK(f.lines.empty());
    f.desk->release();
    CHECK(f.answer_to(fd) == "you said later\n");
}

TEST_CASE("who has asked a desk is answered by the one that takes its socket over") {
    Fixture f;
    f.desk->hold();
    const Fd fd = f.connect();
    say(fd, "later\n");
    auto next = Desk::take_over(
        f.loop.get(), f.path,
        [](std::string_view line, const Desk::Answer& answer) {
            answer.give("another heard " + std::string(line));
        },
        Fd(::dup(f.desk->descriptor())));
    REQUIRE(next);
    CHECK(f.answer_to(fd) == "another heard later\n");
}
