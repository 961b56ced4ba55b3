// A client that writes over an overlay: its requests on one side, its replies on the other. What of
// the image is read waits for a test where that has closed the gate.
#pragma once

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lib/sys/stream.h"
#include "server/session/limits.h"
#include "server/session/transmission.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/full_store.h"
#include "tests/unit/server/temporary_disk.h"

namespace nbdroot::test {

// Opened again where a test ends early: the workers are waited for.
class BaseGate {
public:
    void close() { set(true); }
    void open() { set(false); }
    void wait() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        opened_.wait(lock, [this] { return !closed_; });
        --waiting_;
    }
    [[nodiscard]] std::size_t waiting() {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }

private:
    void set(bool closed) {
        {
            const std::lock_guard lock(mutex_);
            closed_ = closed;
        }
        opened_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable opened_;
    bool closed_ = false;
    std::size_t waiting_ = 0;
};

class OverlayClient {
public:
    using Export = server::export_::Export;
    using Transmission = server::session::Transmission;
    using Command = protocol::nbd::Command;
    using ErrorNumber = protocol::nbd::ErrorNumber;
    using Pool = server::storage::WorkerPool;
    using Reply = std::pair<std::uint64_t, ErrorNumber>;  // cookie

    static constexpr std::size_t kBlock = 4096;
    static constexpr std::size_t kImageBytes = std::size_t{8} << 20;

    explicit OverlayClient(Export::Traits traits = {.name = "disk"}, unsigned workers = 4)
        : pool(std::move(*Pool::start(loop.get(), workers))) {
        auto disk =
            files.disk(std::make_shared<FullStore>(files.store(), full),
                       [this, image = std::make_shared<server::storage::Image>(files.open_image())](
                           std::uint64_t offset, ByteSpan into) -> Result<void> {
                           gate.wait();
                           if (base_fails) return fail("read", "image", "broken", EIO);
                           return image->read(offset, into);
                       });
        target = std::make_shared<Export>(std::move(traits), std::move(disk), *pool, log);
        seat = std::make_shared<server::export_::Door::Seat>(std::weak_ptr<server::export_::Door>(),
                                                             1);
        transmission = std::make_shared<Transmission>(target, seat, replies_, output_, [] {});
    }
    OverlayClient(const OverlayClient&) = delete;
    OverlayClient& operator=(const OverlayClient&) = delete;
    ~OverlayClient() { gate.open(); }

    // How much of it was taken.
    std::size_t send(std::uint64_t cookie, Command command, std::uint64_t offset,
                     std::uint32_t length, std::uint16_t flags = 0, std::string_view payload = "") {
        Bytes bytes;
        ByteWriter writer(bytes);
        writer.value(protocol::nbd::encode(protocol::nbd::Request{.command = command,
                                                                  .flags = flags,
                                                                  .cookie = cookie,
                                                                  .offset_bytes = offset,
                                                                  .length_bytes = length}));
        writer.text(payload);
        return transmission->on_bytes(bytes);
    }
    // Its payload is to follow.
    std::size_t begin_write(std::uint64_t cookie, std::uint64_t offset, std::size_t length) {
        return send(cookie, Command::write, offset, static_cast<std::uint32_t>(length));
    }
    std::size_t write(std::uint64_t cookie, std::uint64_t offset, std::string_view payload,
                      std::uint16_t flags = 0) {
        return send(cookie, Command::write, offset, static_cast<std::uint32_t>(payload.size()),
                    flags, payload);
    }

    // Of requests without data, in the order of answers; waits until there are COUNT.
    const std::vector<Reply>& answers(std::size_t count) {
        loop.run_until([&] {
            collect();
            return answers_.size() >= count;
        });
        return answers_;
    }
    const std::vector<Reply>& answers_so_far() {
        collect();
        return answers_;
    }

    [[nodiscard]] std::string read(std::uint64_t offset, std::size_t length) const {
        Bytes bytes(length);
        REQUIRE(target->disk().read(offset, bytes));
        return std::string(base::as_text(bytes));
    }

    BoundedLoop loop;
    BaseGate gate;
    std::atomic<bool> base_fails = false;
    FullStore::Full full = std::make_shared<std::atomic<bool>>(false);
    std::vector<std::string> lines;
    Log log{Level::info, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    TemporaryDisk files{kImageBytes};
    std::unique_ptr<Pool> pool;
    std::shared_ptr<Export> target;
    std::shared_ptr<server::export_::Door::Seat> seat;
    std::shared_ptr<Transmission> transmission;

private:
    // As a session does it.
    void collect() {
        if (transmission) transmission->advance();
        REQUIRE(output_.send(pair_.first.get(), replies_.view()));
        replies_.clear();
        Bytes piece(1 << 16);
        for (;;) {
            const auto got = sys::receive_some(pair_.second.get(), piece, "");
            if (!got || !*got || **got == 0) break;
            seen_ += base::as_text(ByteView(piece).first(**got));
        }
        constexpr std::size_t kReply = protocol::nbd::kSimpleReplySize;
        for (; seen_.size() >= kReply; seen_.erase(0, kReply)) {
            const auto reply =
                protocol::nbd::parse_simple_reply(base::as_bytes(seen_).first<kReply>());
            REQUIRE(reply);
            answers_.emplace_back(reply->cookie, reply->error);
        }
    }

    server::session::ReplyArena replies_;
    server::session::OutputQueue output_;
    sys::StreamPair pair_ = std::move(*sys::make_stream_pair());
    std::string seen_;
    std::vector<Reply> answers_;
};

// What its tests are about.
using protocol::nbd::ErrorNumber;
using server::session::kMaximumRunning;
using server::session::kMaximumRunningBytes;
using server::session::kWritePiece;
using Command = OverlayClient::Command;
using Reply = OverlayClient::Reply;

inline constexpr std::size_t kBlock = OverlayClient::kBlock;

[[nodiscard]] inline std::string blocks(std::size_t count, char letter = 'x') {
    return std::string(count * kBlock, letter);
}

}  // namespace nbdroot::test
