// sim [--seed N [--trace]] [--seeds A..B] [--without-fencing] [--expect-failure]
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

#include "lib/base/text.h"
#include "tests/sim/world.h"

namespace nbdroot::sim {
namespace {

constexpr const char* kUsage =
    "usage: sim --seed N [--trace]   one run, with every event\n"
    "       sim --seeds A..B         many runs; each that fails is printed with its command\n"
    "       --without-fencing        servers let two connections of one boot write\n"
    "       --expect-failure         exit 0 if a run fails, 1 if all are well\n";

struct Command {
    std::uint64_t first = 1;
    std::uint64_t last = 0;
    bool tracing = false;
    bool fencing = true;
    bool expects_failure = false;
};

bool parse_seeds(std::string_view text, Command& command) {
    const auto dots = text.find("..");
    if (dots == std::string_view::npos) return false;
    const auto first = base::parse_decimal(text.substr(0, dots));
    const auto last = base::parse_decimal(text.substr(dots + 2));
    if (!first || !last || *last < *first) return false;
    command.first = *first;
    command.last = *last;
    return true;
}

std::optional<Command> parse(int count, char** arguments) {
    Command command;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = arguments[i];
        const bool has_value = i + 1 < count;
        if (word == "--trace") {
            command.tracing = true;
        } else if (word == "--without-fencing") {
            command.fencing = false;
        } else if (word == "--expect-failure") {
            command.expects_failure = true;
        } else if (word == "--seeds" && has_value) {
            if (!parse_seeds(arguments[++i], command)) return std::nullopt;
        } else if (word == "--seed" && has_value) {
            const auto seed = base::parse_decimal(arguments[++i]);
            if (!seed) return std::nullopt;
            command.first = command.last = *seed;
        } else {
            return std::nullopt;
        }
    }
    if (command.last < command.first) return std::nullopt;
    return command;
}

// How many of the runs fail.
std::uint64_t run_all(const Command& command) {
    std::uint64_t failed = 0;
    for (std::uint64_t seed = command.first; seed <= command.last; ++seed) {
        World world({.seed = seed, .tracing = command.tracing, .fencing = command.fencing});
        const auto failure = world.run();
        if (!failure) continue;
        ++failed;
        std::printf("seed %llu: %s\n  replay: sim --seed %llu --trace%s\n",
                    static_cast<unsigned long long>(seed), failure->c_str(),
                    static_cast<unsigned long long>(seed),
                    command.fencing ? "" : " --without-fencing");
        if (command.expects_failure) break;
    }
    return failed;
}

}  // namespace
}  // namespace nbdroot::sim

int main(int count, char** arguments) {
    const auto command = nbdroot::sim::parse(count, arguments);
    if (!command) {
        std::fputs(nbdroot::sim::kUsage, stderr);
        return 2;
    }
    const auto failed = nbdroot::sim::run_all(*command);
    std::printf("%llu seeds, %llu failed\n",
                static_cast<unsigned long long>(command->last - command->first + 1),
                static_cast<unsigned long long>(failed));
    return (failed > 0) == command->expects_failure ? 0 : 1;
}
