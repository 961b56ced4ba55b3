// root-load: load on a root file system, and whether it kept what it acknowledged. For the tests.
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "tests/support/load/bench.h"
#include "tests/support/load/counted.h"
#include "tests/support/load/dirty.h"
#include "tests/support/load/kexec.h"
#include "tests/support/load/load.h"
#include "tests/support/load/reconnects.h"
#include "tests/support/load/verify.h"

namespace nbdroot::load {
namespace {

constexpr std::string_view kUsage =
    "usage: root-load load DIR REFERENCE [WRITERS [READERS]]  orders from standard input (load.h)\n"
    "       root-load dirty FILE MIB            buffered writes, then fsync\n"
    "       root-load bench FILE SECONDS        how fast it can be read and written (bench.h)\n"
    "       root-load reconnect SOCKET COUNT    asks the agent for new connections\n"
    "       root-load kexec KERNEL INITRAMFS COMMAND-LINE  what a kexec is to start\n"
    "       root-load prepare FILE MIB          makes a reference file\n"
    "       root-load check FILE MIB            whether a reference or dirty file is whole\n"
    "       root-load verify DIR COUNT...       whether each writer's acknowledged files are "
    "there\n"
    "       root-load verify-unfinished DIR COUNT...  the same, for a load that was cut off\n";

constexpr int kBadExit = 1;
constexpr int kUsageExit = 2;

using Words = std::vector<std::string_view>;

std::optional<std::vector<std::uint64_t>> numbers(const Words& words, std::size_t first) {
    std::vector<std::uint64_t> values;
    for (std::size_t i = first; i < words.size(); ++i) {
        const auto value = base::parse_decimal(words[i]);
        if (!value) return std::nullopt;
        values.push_back(*value);
    }
    return values;
}

int tell(const Result<void>& result) {
    if (result) return 0;
    std::fprintf(stderr, "root-load: %s\n", result.error().message().c_str());
    return kBadExit;
}

// For the harness, which waits for events.
int tell_event(const Result<void>& result) {
    if (!result) {
        print_line(
            cat(R"({"event":"error","error":)", base::json_string(result.error().message()), "}"));
    }
    return tell(result);
}

int tell(const Verdict& verdict) {
    base::JsonWriter json;
    json.begin_object();
    json.member("files", verdict.files);
    json.member("bad", verdict.bad);
    json.member("first_bad", verdict.first_bad);
    json.end_object();
    print_line(json.text());
    return verdict.bad == 0 ? 0 : kBadExit;
}

int usage() {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stderr);
    return kUsageExit;
}

int load(const Words& words) {
    const auto counts = numbers(words, 3);
    if (words.size() < 3 || !counts || counts->size() > 2) return usage();
    Plan plan{.directory = std::string(words[1]), .reference = std::string(words[2])};
    if (!counts->empty()) plan.writers = (*counts)[0];
    if (counts->size() > 1) plan.readers = (*counts)[1];
    return tell(run_load(plan));
}

int main(const Words& words) {
    if (words.size() < 3) return usage();
    const std::string_view what = words[0];
    const std::string path(words[1]);
    if (what == "load") return load(words);
    if (what == "kexec" && words.size() == 4) {
        return tell(load_next_kernel({.kernel = path,
                                      .initramfs = std::string(words[2]),
                                      .command_line = std::string(words[3])}));
    }
    const auto given = numbers(words, 2);
    if (!given) return usage();
    if (what == "verify") return tell(verify_files(path, *given, false));
    if (what == "verify-unfinished") return tell(verify_files(path, *given, true));
    if (given->size() != 1) return usage();
    if (what == "dirty") return tell(run_dirty(path, given->front()));
    if (what == "bench") return tell_event(run_bench(path, given->front()));
    if (what == "reconnect") return tell_event(run_reconnects(path, given->front()));
    if (what == "prepare") return tell(prepare(path, given->front()));
    if (what == "check") return tell(check_pattern(path, given->front()));
    return usage();
}

}  // namespace
}  // namespace nbdroot::load

int main(int argc, char** argv) { return nbdroot::load::main({argv + 1, argv + argc}); }
