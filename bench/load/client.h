// One client of a load: connects, negotiates, works its plan off, disconnects; so often as asked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "bench/load/arguments.h"
#include "bench/load/plan.h"
#include "bench/load/statistics.h"
#include "lib/io/loop.h"
#include "lib/protocol/nbd/client_handshake.h"
#include "lib/protocol/nbd/transmission.h"
#include "lib/sys/fd.h"

namespace nbdroot::bench {

class Client {
public:
    // NUMBER, from 1, seeds its plan and is what it writes. DONE is called once, when the client
    // has had all its rounds or has failed.
    Client(io::Loop& loop, const Arguments& arguments, std::uint64_t number, Statistics& statistics,
           ByteSpan scratch, std::function<void()> done);

    void start();

private:
    void connect();
    void on_ready(io::Ready ready);
    void read_handshake(ByteView bytes);
    void send_handshake(ByteView bytes);
    // The answer to STRUCTURED_REPLY, at the front of BYTES; false: the client has failed.
    bool read_structured_answer(ByteView& bytes);
    void read_replies(ByteView bytes);
    [[nodiscard]] std::size_t header_size() const;
    bool on_header();
    void finish_reply();
    void fill_queue();
    void ask(std::size_t slot, const Access& access);
    void flush_output();
    void end_round();
    void fail(const Error& error);

    io::Loop& loop_;
    const Arguments& arguments_;
    Statistics& statistics_;
    ByteSpan scratch_;
    std::function<void()> done_;
    std::uint64_t number_;
    std::string export_name_;
    std::uint32_t rounds_left_;

    sys::Fd socket_;
    std::unique_ptr<io::Watch> watch_;
    std::optional<protocol::nbd::ClientHandshake> handshake_;
    std::optional<Plan> plan_;
    bool asked_ = false;  // for structured replies
    Bytes held_;          // what the handshake says once STRUCTURED_REPLY is answered
    std::uint64_t connect_began_us_ = 0;

    struct Slot {  // a request in flight; its index is the cookie
        std::uint64_t began_us = 0;
        std::uint32_t length_bytes = 0;
        bool writes = false;
        bool busy = false;
    };
    std::vector<Slot> slots_;
    std::uint32_t in_flight_ = 0;
    bool plan_done_ = false;

    Bytes output_;  // not yet taken by the kernel
    Bytes header_;  // of a reply, as far as it has come
    std::uint64_t current_cookie_ = 0;
    std::uint32_t payload_left_ = 0;
    bool last_chunk_ = true;  // its end is the end of the reply
};

}  // namespace nbdroot::bench
