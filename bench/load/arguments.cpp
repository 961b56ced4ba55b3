#include "bench/load/arguments.h"

#include <array>
#include <optional>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::bench {

const char* const kUsage =
    "usage: nbd-load --pattern connect|random|sequential|boot --port PORT [OPTION VALUE]...\n"
    "Reads (and writes) at the NBD server on 127.0.0.1 and prints one line of JSON.\n"
    "  --export NAME      which export (default: the default export); %n is the client's number\n"
    "  --replies simple|structured  which kind to ask the server for (simple)\n"
    "  --clients N        connections at the same time (1)\n"
    "  --rounds N         connections that each client makes in turn (1)\n"
    "  --depth N          requests in flight on a connection (1)\n"
    "  --block BYTES      size of a read or write (4096)\n"
    "  --writes PERCENT   so many accesses are writes, of the client's number in 64 bits each (0)\n"
    "  --bytes BYTES      how much each connection reads and writes (0)\n"
    "  --timeout SECONDS  give up on clients that are not served by then (60)\n";

namespace {

std::optional<Pattern> parse_pattern(std::string_view word) {
    static constexpr std::array<std::pair<std::string_view, Pattern>, 4> kPatterns = {{
        {"connect", Pattern::connect},
        {"random", Pattern::random},
        {"sequential", Pattern::sequential},
        {"boot", Pattern::boot},
    }};
    for (const auto& [name, pattern] : kPatterns) {
        if (name == word) return pattern;
    }
    return std::nullopt;
}

// Stores VALUE if it is a number from MINIMUM to MAXIMUM.
template <class T>
bool store(T& place, std::string_view value, std::uint64_t minimum, std::uint64_t maximum) {
    const auto number = base::parse_decimal(value, maximum);
    if (!number || *number < minimum) return false;
    place = static_cast<T>(*number);
    return true;
}

bool set(Arguments& arguments, std::string_view option, std::string_view value) {
    if (option == "--pattern") {
        const auto pattern = parse_pattern(value);
        if (pattern) arguments.pattern = *pattern;
        return pattern.has_value();
    }
    if (option == "--export") {
        arguments.export_name = value;
        return true;
    }
    if (option == "--replies") {
        if (value != "simple" && value != "structured") return false;
        arguments.replies = value == "simple" ? Replies::simple : Replies::structured;
        return true;
    }
    if (option == "--port") return store(arguments.port, value, 1, 65535);
    if (option == "--clients") return store(arguments.clients, value, 1, 4096);
    if (option == "--rounds") return store(arguments.rounds, value, 1, 1000000);
    if (option == "--depth") return store(arguments.depth, value, 1, 1024);
    if (option == "--block") return store(arguments.block_bytes, value, 512, 1 << 25);
    if (option == "--writes") return store(arguments.write_percent, value, 0, 100);
    if (option == "--bytes") return store(arguments.client_bytes, value, 0, UINT64_MAX);
    if (option == "--timeout") return store(arguments.timeout_seconds, value, 1, 3600);
    return false;
}

}  // namespace

Result<Arguments> parse_arguments(std::span<char* const> words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (i + 1 == words.size()) return fail("option", words[i], "needs a value");
        if (!set(arguments, words[i], words[i + 1])) {
            return fail("option", cat(words[i], ' ', words[i + 1]), "is not understood");
        }
    }
    if (arguments.write_percent > 0 && arguments.replies == Replies::structured) {
        return fail("option", "--writes", "needs simple replies");
    }
    return arguments;
}

}  // namespace nbdroot::bench
