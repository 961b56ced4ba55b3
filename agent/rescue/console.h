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
#include "lib/sys/console.h"
#include "lib/sys/console_program.h"

namespace nbdroot::agent::rescue {

// How often a failed boot is tried again while somebody may be sitting in front of it.
constexpr Duration kRetryInterval{10'000};

// The console's programs, its terminal and its times, which only tests have otherwise.
struct Programs {
    std::string terminal = sys::kConsole;
    sys::Program offer;
    sys::Program prompt;
    std::function<bool()> has_shell;  // whether PROMPT will be one
    // How long a boot may have no root, and no console, before that is offered.
    Duration offer_after{30'000};
    // A shell that ends sooner has nobody in front of it; the boot must not spin for it.
    Duration shortest_shell{1'000};
};
[[nodiscard]] Programs usual_programs();

class Console {
public:
    Console(io::Loop& loop, const Log& log, Programs programs = usual_programs());

    // From now on: where there is no console for a time, says REASON() and that Enter opens it.
    void offer(std::function<std::string()> reason);
    void stop_offering();

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
    void arm_offer();
    void make_offer();
    void watch();
    void on_end();
    void on_prompt_end(const sys::ChildEnd& end);
    void wish();
    void end();

    io::Loop& loop_;
    const Log& log_;
    const Programs programs_;
    std::function<std::string()> reason_;
    std::unique_ptr<io::Timer> offer_timer_;
    std::unique_ptr<io::Timer> wish_timer_;
    std::unique_ptr<io::Timer> wait_timer_;
    std::string error_;
    Kind kind_ = Kind::prompt;
    Instant started_{};
    Duration pause_;        // from the start of a shell that ends at once to the next try
    bool is_over_ = false;  // what wait_until() waited for
    std::optional<sys::ConsoleProgram> program_;
    std::unique_ptr<io::Watch> watch_;  // last: it must go before its descriptor
};

}  // namespace nbdroot::agent::rescue
