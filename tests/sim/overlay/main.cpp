// overlay_sim [--seeds A..B]: lives of an overlay; each that fails is printed with its seed.
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "lib/base/text.h"
#include "tests/sim/overlay/run.h"

int main(int count, char** arguments) {
    using nbdroot::base::parse_decimal;
    std::uint64_t first = 1;
    std::uint64_t last = 3000;
    if (count == 3 && std::string_view(arguments[1]) == "--seeds") {
        const std::string_view range = arguments[2];
        const auto dots = range.find("..");
        const auto low = parse_decimal(range.substr(0, dots));
        const auto high =
            dots == std::string_view::npos ? low : parse_decimal(range.substr(dots + 2));
        if (!low || !high) return 2;
        first = *low;
        last = *high;
    } else if (count != 1) {
        std::fprintf(stderr, "usage: overlay_sim [--seeds A..B]\n");
        return 2;
    }
    nbdroot::sim::Deeds all;
    std::uint64_t failures = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        nbdroot::sim::OverlayRun run(seed);
        if (const auto complaint = run.run()) {
            ++failures;
            if (failures <= 10) {
                std::printf("FAILED overlay_sim --seeds %llu..%llu: %s\n",
                            static_cast<unsigned long long>(seed),
                            static_cast<unsigned long long>(seed), complaint->c_str());
            }
        }
        all.operations += run.deeds().operations;
        all.flushes += run.deeds().flushes;
        all.compactions += run.deeds().compactions;
        all.kills += run.deeds().kills;
        all.crashes += run.deeds().crashes;
        all.orderly += run.deeds().orderly;
        all.failed += run.deeds().failed;
    }
    std::printf("%s\n", nbdroot::cat("overlay_sim: ", last - first + 1, " seeds, ", failures,
                                     " failed; ", all.operations, " operations, ", all.flushes,
                                     " flushes, ", all.compactions, " compactions, ", all.kills,
                                     " kills, ", all.crashes, " crashes (", all.orderly,
                                     " of what was closed), ", all.failed, " failed calls")
                            .c_str());
    return failures == 0 ? 0 : 1;
}
