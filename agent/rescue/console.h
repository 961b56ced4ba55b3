// The rescue console beside a boot that goes on.
//
// It is a program of its own (prompt.h) with the console as its terminal; process 1 stays in its
// stages, whose waiting is in one loop. When the program ends because somebody wants another try,
// the loop is stopped: the stage that waits ends with ECANCELED.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/sys/console_program.h"

namespace nbdroot::agent::rescue {

// How often a failed boot is tried again while somebody may be sitting in front of it.
constexpr Duration kRetryInterval{10'000};

// How long a boot may have no root before the console is offered.
constexpr Duration kOfferAfter{30'000};

class Console {
public:
    Console(io::Loop& loop, const Log& log);

    // Says REASON() at MOMENT, and that Enter opens the console. Once.
    void offer_at(Instant moment, std::function<std::string()> reason);

    // Opens it where it is not open. ERROR is for the program, in NBDROOT_ERROR.
    void open(const std::string& error);

    // Opens it and waits for its end.
    void run(const std::string& error);

    // The boot goes on: ends whatever there is.
    void close();

    // False: somebody wants another try before MOMENT.
    [[nodiscard]] bool wait_until(Instant moment);

private:
    enum class Kind { offer, prompt };

    bool start(Kind kind);
    void offer();
    void watch();
    void on_end();
    void end();

    io::Loop& loop_;
    const Log& log_;
    std::function<std::string()> reason_;
    std::unique_ptr<io::Timer> offer_timer_;
    std::unique_ptr<io::Timer> wish_timer_;
    std::unique_ptr<io::Timer> wait_timer_;
    std::string error_;
    Kind kind_ = Kind::prompt;
    Instant started_{};
    bool is_over_ = false;  // what wait_until() waited for
    std::optional<sys::ConsoleProgram> program_;
    std::unique_ptr<io::Watch> watch_;  // last: it must go before its descriptor
};

}  // namespace nbdroot::agent::rescue
