#include "tests/support/load/dirty.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "lib/base/json.h"
#include "tests/support/load/counted.h"
#include "tests/support/load/file.h"
#include "tests/support/load/pattern.h"

namespace nbdroot::load {
namespace {

constexpr std::uint64_t kMib = 1 << 20;

// CALL gets the number of each MiB that has been written.
template <class Call>
Result<void> write_pattern(const std::string& path, std::uint64_t mib, Call call) {
    const sys::Fd file = NBDROOT_TRY(open_file(path, O_CREAT | O_WRONLY | O_TRUNC));
    std::vector<std::uint64_t> words(kMib / sizeof(std::uint64_t));
    for (std::uint64_t i = 0; i < mib; ++i) {
        fill_blocks(i * (kMib / kBlockBytes), words);
        NBDROOT_CHECK(write_at(file, words, i * kMib));
        call(i + 1);
    }
    return sync_file(file);
}

// The kernel's own figure: "Dirty:  1234 kB".
std::uint64_t dirty_kib() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/meminfo", "re"),
                                                               &std::fclose);
    unsigned long kib = 0;
    char line[128];
    while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
        if (std::sscanf(line, "Dirty: %lu kB", &kib) == 1) break;
    }
    return kib;
}

}  // namespace

Result<void> prepare(const std::string& file, std::uint64_t mib) {
    return write_pattern(file, mib, [](std::uint64_t) {});
}

Result<void> run_dirty(const std::string& file, std::uint64_t mib) {
    std::int64_t began_ms = now_ms();
    std::int64_t longest_ms = 0;
    std::uint64_t most_kib = 0;
    const auto result = write_pattern(file, mib, [&](std::uint64_t done) {
        longest_ms = std::max(longest_ms, now_ms() - began_ms);
        most_kib = std::max(most_kib, dirty_kib());
        if (done == std::max<std::uint64_t>(mib / 4, 1)) {
            print_line(R"({"event":"runs"})");
        }
        began_ms = now_ms();
    });
    longest_ms = std::max(longest_ms, now_ms() - began_ms);  // the fsync
    if (!result) std::fprintf(stderr, "root-load: %s\n", result.error().message().c_str());
    base::JsonWriter json;
    json.begin_object();
    json.member("event", "load");
    json.member("dirty_kib", most_kib);
    json.member("write_errors", result ? 0 : 1);
    json.member("longest_write_ms", longest_ms);
    json.end_object();
    print_line(json.text());
    return {};
}

}  // namespace nbdroot::load
