// nbd-load: a cheap NBD client that is many clients at once. One thread, epoll.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/load/arguments.h"
#include "bench/load/client.h"
#include "bench/load/statistics.h"
#include "lib/io/loop.h"

namespace nbdroot::bench {
namespace {

constexpr std::size_t kScratchBytes = 1 << 20;  // one receive; shared by all clients

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<Statistics> run(const Arguments& arguments) {
    const auto loop = NBDROOT_TRY(io::make_epoll_loop());
    Statistics statistics;
    statistics.clients = std::uint64_t{arguments.clients} * arguments.rounds;
    std::vector<std::byte> scratch(kScratchBytes);
    std::vector<std::unique_ptr<Client>> clients;
    std::uint32_t running = arguments.clients;
    for (std::uint32_t i = 0; i < arguments.clients; ++i) {
        clients.push_back(std::make_unique<Client>(*loop, arguments, std::uint64_t{i} + 1,
                                                   statistics, scratch, [&] {
                                                       if (--running == 0) loop->stop();
                                                   }));
    }
    const auto limit = loop->timer([&] { loop->stop(); });
    limit->arm(loop->now() + std::chrono::seconds(arguments.timeout_seconds));
    const auto began = std::chrono::steady_clock::now();
    for (const auto& client : clients) client->start();
    if (running > 0) NBDROOT_CHECK(loop->run());
    statistics.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    statistics.failed = statistics.clients - statistics.served;
    return statistics;
}

int main(int argc, char** argv) {
    const auto arguments = parse_arguments({argv + 1, static_cast<std::size_t>(argc) - 1});
    if (!arguments || argc == 1) {
        if (!arguments) std::fprintf(stderr, "nbd-load: %s\n", arguments.error().message().c_str());
        std::fputs(kUsage, stderr);
        return 2;
    }
    raise_descriptor_limit();
    auto statistics = run(*arguments);
    if (!statistics) {
        std::fprintf(stderr, "nbd-load: %s\n", statistics.error().message().c_str());
        return 1;
    }
    std::printf("%s\n", to_json(*statistics).c_str());
    return statistics->failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace nbdroot::bench

int main(int argc, char** argv) { return nbdroot::bench::main(argc, argv); }
