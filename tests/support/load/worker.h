// A thread that loads the root: it writes files with fsync, or reads and compares.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "lib/base/result.h"

namespace nbdroot::load {

// What main and its workers share.
struct Shared {
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> mark = 1;  // raised when somebody wants to know that all goes on
    int progress_fd = -1;                 // eventfd: a worker has reached the mark
};

// What a worker counts; read by main at any time.
struct Counts {
    std::atomic<std::uint64_t> done = 0;  // files acknowledged, or reads
    std::atomic<std::uint64_t> errors = 0;
    std::atomic<std::uint64_t> bad = 0;        // reads with other bytes than were written
    std::atomic<std::int64_t> longest_ms = 0;  // of one file or read, ended
    std::atomic<std::int64_t> began_ms = 0;    // of the one going on; 0: none
    std::atomic<std::uint64_t> reached = 0;    // an operation begun after this mark has succeeded
};

// How a writer names and reuses its files. Number n lies in slot n modulo slots: one writer has few
// and overwrites in place all the time, the others keep nearly everything they write.
[[nodiscard]] std::uint64_t slots_of(std::uint64_t writer);
[[nodiscard]] std::string file_name(std::uint64_t writer, std::uint64_t number);

[[nodiscard]] std::int64_t now_ms();

class Worker {
public:
    Worker(Shared& shared, std::uint64_t index) : shared_(shared), index_(index) {}
    virtual ~Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start() {
        thread_ = std::thread([this] { run(); });
    }
    void join() { thread_.join(); }
    [[nodiscard]] const Counts& counts() const { return counts_; }

protected:
    // One file or one read.
    [[nodiscard]] virtual Result<void> work() = 0;
    [[nodiscard]] virtual std::chrono::milliseconds rest() const = 0;

    Shared& shared_;
    std::uint64_t index_;
    Counts counts_;

private:
    void run();
    void count(const Result<void>& result, std::uint64_t mark);

    std::thread thread_;
};

// DIR and REFERENCE are paths; the worker is made before the load runs.
[[nodiscard]] std::unique_ptr<Worker> make_writer(Shared& shared, std::uint64_t index,
                                                  std::string directory);
[[nodiscard]] Result<std::unique_ptr<Worker>> make_reader(Shared& shared, std::uint64_t index,
                                                          const std::string& reference);

}  // namespace nbdroot::load
