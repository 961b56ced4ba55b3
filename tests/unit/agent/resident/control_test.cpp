#include "agent/resident/control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "lib/sys/clock.h"
#include "lib/sys/unix_listener.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Duration kLimit{5'000};

std::string make_folder() {
    char name[] = "/tmp/nbdroot-control-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    return name;
}

struct Folder {
    std::string path = make_folder();
    ~Folder() { std::filesystem::remove_all(path); }
};

struct World {
    static constexpr std::size_t kMuch = 4 << 20;  // more than any socket's buffer
    Folder folder;
    std::string path = folder.path + "/control";
    std::unique_ptr<io::Loop> loop = std::move(*io::make_epoll_loop());
    sys::Fd listener = std::move(*sys::listen_unix(path));
    std::string asked;
    Control control{*loop, listener.get(), [this](std::string_view request) {
                        asked += std::string(request) + ';';
                        if (request == "wait") return std::optional<std::string>();
                        if (request == "much") return std::optional(std::string(kMuch, 'm'));
                        return std::optional("answer to " + std::string(request) + "\n");
                    }};

    [[nodiscard]] sys::Fd client() const {
        sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        return fd;
    }

    // All that the server sends until it closes.
    std::string read_all(const sys::Fd& fd) {
        std::string text;
        bool ended = false;
        const auto watch = loop->watch(fd.get(), {.readable = true}, [&](io::Ready) {
            char buffer[256];
            const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
            ended = got <= 0;
            if (ended) return loop->stop();
            text.append(buffer, static_cast<std::size_t>(got));
        });
        REQUIRE(watch);
        const auto limit = loop->timer([this] { loop->stop(); });
        limit->arm(sys::now() + kLimit);
        REQUIRE(loop->run());
        REQUIRE(ended);
        return text;
    }
};

void send(const sys::Fd& fd, std::string_view text) {
    REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a line gets its answer and the connection is closed") {
    World world;
    const sys::Fd client = world.client();
    send(client, "status\n");
    CHECK(world.read_all(client) == "answer to status\n");
    CHECK(world.asked == "status;");
}

TEST_CASE("a line that comes in pieces is one request") {
    World world;
    const sys::Fd client = world.client();
    send(client, "sta");
    send(client, "tus\nmore\n");
    CHECK(world.read_all(client) == "answer to status\n");
    CHECK(world.asked == "status;");
}

TEST_CASE("a client that leaves without a line asks nothing") {
    World world;
    const sys::Fd client = world.client();
    send(client, "status");
    REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
    CHECK(world.read_all(client).empty());
    CHECK(world.asked.empty());
}

TEST_CASE("a line without end is cut off, and answered as too long") {
    World world;
    const sys::Fd client = world.client();
    send(client, std::string(1000, 'x'));
    const std::string cut(Control::kLongestRequest + 1, 'x');
    CHECK(world.read_all(client) == "answer to " + cut + "\n");
    CHECK(world.asked == cut + ";");
}

TEST_CASE("a line of the greatest length is whole") {
    World world;
    const sys::Fd client = world.client();
    const std::string line(Control::kLongestRequest, 'x');
    send(client, line + "\n");
    CHECK(world.read_all(client) == "answer to " + line + "\n");
}

TEST_CASE("an answer that a socket does not take at once comes whole") {
    World world;
    const sys::Fd client = world.client();
    const int little = 2048;
    REQUIRE(::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little) == 0);
    send(client, "much\n");
    CHECK(world.read_all(client) == std::string(World::kMuch, 'm'));
}

TEST_CASE("a request whose answer is the end of the process keeps its connection") {
    World world;
    const sys::Fd waiting = world.client();
    send(waiting, "wait\n");
    const sys::Fd client = world.client();
    send(client, "status\n");
    CHECK(world.read_all(client) == "answer to status\n");
    CHECK(world.asked == "wait;status;");
    char byte = 0;
    CHECK(::recv(waiting.get(), &byte, 1, MSG_DONTWAIT) == -1);
}

TEST_CASE("silent clients keep nobody out") {
    World world;
    std::vector<sys::Fd> silent;
    for (int i = 0; i < 8; ++i) silent.push_back(world.client());
    const sys::Fd client = world.client();
    send(client, "status\n");
    CHECK(world.read_all(client) == "answer to status\n");
}

}  // namespace nbdroot::agent::resident
