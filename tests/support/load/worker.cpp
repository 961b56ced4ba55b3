#include "tests/support/load/worker.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <random>

#include "lib/base/text.h"
#include "tests/support/load/file.h"
#include "tests/support/load/pattern.h"

namespace nbdroot::load {
namespace {

constexpr std::uint64_t kFewSlots = 8;
constexpr std::uint64_t kManySlots = 512;  // 32 MiB
constexpr std::size_t kReadBlocksMost = 32;
// Pauses leave the guest's one processor to others; there is nearly always a request in flight.
constexpr std::chrono::milliseconds kWriterRest{20};
constexpr std::chrono::milliseconds kReaderRest{10};
constexpr std::chrono::milliseconds kRestAfterError{500};
constexpr std::uint64_t kErrorsTold = 3;  // by each worker, on standard error

class Writer final : public Worker {
public:
    Writer(Shared& shared, std::uint64_t index, std::string directory)
        : Worker(shared, index), directory_(std::move(directory)) {}

protected:
    Result<void> work() override {
        const std::uint64_t number = counts_.done;
        fill_file(index_, number, content_);
        // No O_TRUNC: what was there is overwritten in place.
        const sys::Fd file = NBDROOT_TRY(
            open_file(cat(directory_, '/', file_name(index_, number)), O_CREAT | O_WRONLY));
        NBDROOT_CHECK(write_at(file, content_, 0));
        return sync_file(file);
    }
    std::chrono::milliseconds rest() const override { return kWriterRest; }

private:
    std::string directory_;
    std::array<std::uint64_t, kFileBytes / sizeof(std::uint64_t)> content_{};
};

class Reader final : public Worker {
public:
    Reader(Shared& shared, std::uint64_t index, sys::Fd reference, std::uint64_t blocks)
        : Worker(shared, index), reference_(std::move(reference)), blocks_(blocks), rng_(index) {}

protected:
    Result<void> work() override {
        const std::uint64_t count = std::min(1 + rng_() % kReadBlocksMost, blocks_);
        const std::uint64_t first = rng_() % (blocks_ - count + 1);
        const std::size_t words = count * kBlockBytes / sizeof(std::uint64_t);
        NBDROOT_CHECK(read_at(reference_, Words(found_).first(words), first * kBlockBytes));
        fill_blocks(first, Words(expected_).first(words));
        if (!std::equal(found_.begin(), found_.begin() + static_cast<std::ptrdiff_t>(words),
                        expected_.begin())) {
            ++counts_.bad;
        }
        return {};
    }
    std::chrono::milliseconds rest() const override { return kReaderRest; }

private:
    using Buffer = std::array<std::uint64_t, kReadBlocksMost * kBlockBytes / sizeof(std::uint64_t)>;
    sys::Fd reference_;
    std::uint64_t blocks_;
    std::mt19937_64 rng_;
    alignas(kBlockBytes) Buffer found_{};
    Buffer expected_{};
};

}  // namespace

std::uint64_t slots_of(std::uint64_t writer) { return writer == 0 ? kFewSlots : kManySlots; }

std::string file_name(std::uint64_t writer, std::uint64_t number) {
    return cat('w', writer, '-', number % slots_of(writer));
}

std::int64_t now_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void Worker::run() {
    while (!shared_.stop) {
        const std::uint64_t mark = shared_.mark;
        counts_.began_ms = now_ms();
        const Result<void> result = work();
        const std::int64_t took_ms = now_ms() - counts_.began_ms;
        counts_.began_ms = 0;
        counts_.longest_ms = std::max<std::int64_t>(counts_.longest_ms, took_ms);
        count(result, mark);
        std::this_thread::sleep_for(result ? rest() : kRestAfterError);
    }
}

void Worker::count(const Result<void>& result, std::uint64_t mark) {
    if (!result) {
        if (counts_.errors++ < kErrorsTold) {
            std::fprintf(stderr, "root-load: %s\n", result.error().message().c_str());
        }
        return;
    }
    ++counts_.done;
    if (counts_.reached.exchange(mark) != mark) ::eventfd_write(shared_.progress_fd, 1);
}

std::unique_ptr<Worker> make_writer(Shared& shared, std::uint64_t index, std::string directory) {
    return std::make_unique<Writer>(shared, index, std::move(directory));
}

Result<std::unique_ptr<Worker>> make_reader(Shared& shared, std::uint64_t index,
                                            const std::string& reference) {
    sys::Fd file = NBDROOT_TRY(open_file(reference, O_RDONLY | O_DIRECT));
    const std::uint64_t blocks = NBDROOT_TRY(size_of(file)) / kBlockBytes;
    if (blocks == 0) return tl::unexpected(Error{"read", reference, "the file is empty"});
    return std::make_unique<Reader>(shared, index, std::move(file), blocks);
}

}  // namespace nbdroot::load
