#include "tests/support/load/bench.h"

#include <fcntl.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/base/json.h"
#include "tests/support/load/counted.h"
#include "tests/support/load/dirty.h"
#include "tests/support/load/file.h"
#include "tests/support/load/pattern.h"
#include "tests/support/load/worker.h"

namespace nbdroot::load {
namespace {

constexpr std::size_t kMib = 1 << 20;
constexpr std::uint64_t kFileMib = 64;

enum class Direction { read, write };
enum class Order { sequential, random };

struct Load {
    std::string_view name;
    Order order;
    Direction direction;
    std::size_t block_bytes;
    std::uint64_t in_flight;
};

constexpr std::array kLoads{
    Load{"sequential read, 1 MiB", Order::sequential, Direction::read, kMib, 1},
    Load{"sequential write, 1 MiB", Order::sequential, Direction::write, kMib, 1},
    Load{"random read, 4k", Order::random, Direction::read, kBlockBytes, 1},
    Load{"random read, 4k, 16 in flight", Order::random, Direction::read, kBlockBytes, 16},
    Load{"random write, 4k", Order::random, Direction::write, kBlockBytes, 1},
};

// Of all processors, since they started, in the kernel's ticks.
struct CpuTime {
    std::uint64_t busy = 0;
    std::uint64_t all = 0;
};

// "cpu  user nice system idle iowait irq softirq steal …": proc_stat(5).
std::optional<CpuTime> cpu_time() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/stat", "re"),
                                                               &std::fclose);
    std::array<unsigned long, 8> ticks{};
    auto& [user, nice, system, idle, iowait, irq, softirq, steal] = ticks;
    if (!file || std::fscanf(file.get(), "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &user, &nice,
                             &system, &idle, &iowait, &irq, &softirq, &steal) != 8) {
        return std::nullopt;
    }
    CpuTime time;
    for (const unsigned long part : ticks) time.all += part;
    time.busy = time.all - idle - iowait;
    return time;
}

// One of a load's threads: one request after the other until the time is over.
class Requests {
public:
    Requests(const Load& load, const sys::Fd& file, std::uint64_t seed)
        : load_(load),
          file_(file),
          rng_(seed),
          buffer_(static_cast<std::uint64_t*>(std::aligned_alloc(kBlockBytes, load.block_bytes)),
                  &std::free),
          words_(buffer_.get(), load.block_bytes / sizeof(std::uint64_t)) {
        fill_blocks(seed, words_);
    }

    // Stops at the first error.
    void run_until(std::int64_t end_ms) {
        while (result_ && now_ms() < end_ms) {
            result_ = request(next_offset_bytes());
            ++done_;
        }
    }

    [[nodiscard]] const Result<void>& result() const { return result_; }
    [[nodiscard]] std::uint64_t done() const { return done_; }

private:
    std::uint64_t next_offset_bytes() {
        const std::uint64_t blocks = kFileMib * kMib / load_.block_bytes;
        const std::uint64_t number = load_.order == Order::random ? rng_() : done_;
        return number % blocks * load_.block_bytes;
    }

    Result<void> request(std::uint64_t offset_bytes) {
        return load_.direction == Direction::read ? read_at(file_, words_, offset_bytes)
                                                  : write_at(file_, words_, offset_bytes);
    }

    const Load& load_;
    const sys::Fd& file_;
    std::mt19937_64 rng_;
    std::unique_ptr<std::uint64_t, void (*)(void*)> buffer_;
    Words words_;
    Result<void> result_;
    std::uint64_t done_ = 0;
};

struct Figures {
    std::uint64_t done = 0;
    std::uint64_t took_ms = 0;
    std::uint64_t cpu_percent = 0;
};

Result<Figures> measure(const Load& load, const sys::Fd& file, std::uint64_t seconds) {
    std::vector<std::unique_ptr<Requests>> all;
    for (std::uint64_t i = 0; i < load.in_flight; ++i) {
        all.push_back(std::make_unique<Requests>(load, file, i));
    }
    const auto before = cpu_time();
    const std::int64_t began_ms = now_ms();
    const std::int64_t end_ms = began_ms + static_cast<std::int64_t>(seconds) * 1000;
    std::vector<std::thread> threads;
    for (const auto& one : all) threads.emplace_back([&one, end_ms] { one->run_until(end_ms); });
    for (auto& thread : threads) thread.join();
    Figures figures{.took_ms = static_cast<std::uint64_t>(now_ms() - began_ms)};
    const auto after = cpu_time();
    for (const auto& one : all) {
        NBDROOT_CHECK(one->result());
        figures.done += one->done();
    }
    if (!before || !after || after->all == before->all) {
        return tl::unexpected(Error{"read", "/proc/stat", "it does not tell the processors' time"});
    }
    figures.cpu_percent = 100 * (after->busy - before->busy) / (after->all - before->all);
    return figures;
}

void write_figures(base::JsonWriter& json, const Load& load, const Figures& figures) {
    json.begin_object();
    json.member("load", load.name);
    json.member("iops", figures.done * 1000 / figures.took_ms);
    json.member("kb_per_s", figures.done * load.block_bytes / figures.took_ms);
    json.member("cpu_percent", figures.cpu_percent);
    json.end_object();
}

}  // namespace

Result<void> run_bench(const std::string& file, std::uint64_t seconds) {
    if (seconds == 0) return tl::unexpected(Error{"run", "bench", "0 seconds measure nothing"});
    NBDROOT_CHECK(prepare(file, kFileMib));
    const sys::Fd direct = NBDROOT_TRY(open_file(file, O_RDWR | O_DIRECT));
    base::JsonWriter json;
    json.begin_object();
    json.member("event", "bench");
    json.key("loads");
    json.begin_array();
    for (const Load& load : kLoads) {
        const Figures figures = NBDROOT_TRY(measure(load, direct, seconds));
        write_figures(json, load, figures);
    }
    json.end_array();
    json.end_object();
    print_line(json.text());
    return {};
}

}  // namespace nbdroot::load
