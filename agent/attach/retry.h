// When to try which server again, pure: events and time in, actions out.
//
// Servers are tried in order, one right after the other; when all have failed there is a pause. It
// is 0.25 s during the first 30 s and 1 s after that, or at once where every server has given a
// refusal that only its operator can lift. Pauses vary by a quarter up and down, so that machines
// which lost power together do not come back together. News of the network begin the 30 s again.
// What is said is decided here too: each new failure at once, a known one every 10 s where the
// options say nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace nbdroot::agent::attach {

class Retry {
public:
    struct Options {
        std::size_t server_count = 1;
        std::size_t first_server = 0;  // of the first round; all the others begin with server 0
        std::optional<Instant> give_up_at = std::nullopt;
        std::uint32_t seed = 1;  // of the jitter
        Duration repeat_line_after{10'000};
    };

    struct Failure {
        Error error;
        bool is_lasting = false;  // a refusal that does not pass by itself: no such export, TLS
        // Ended by give_up_at before the server had its time: says nothing of the server.
        bool is_cut_short = false;
    };

    // What to do next.
    struct Connect {
        std::size_t server = 0;
        bool operator==(const Connect&) const = default;
    };
    struct Pause {
        Instant until;
        bool operator==(const Pause&) const = default;
    };
    struct GiveUp {
        Error error;  // the last failure, with how long and how often it was tried
        bool operator==(const GiveUp&) const = default;
    };
    using Action = std::variant<Connect, Pause, GiveUp>;

    Retry(const Options& options, Instant now);

    // Call it once, before anything else.
    [[nodiscard]] Action begin() const { return Connect{server()}; }
    // The last Connect failed.
    [[nodiscard]] Action on_failure(const Failure& failure, Instant now);
    // The last Pause is over, or there is a reason not to wait for its end.
    [[nodiscard]] Action on_pause_over(Instant now);

    // There is a reason to hope: pauses are short again.
    void hurry(Instant now) { hopeful_since_ = now; }

    [[nodiscard]] std::uint64_t attempt() const { return attempt_; }

    // The line to log about the failure just reported; nullopt: it was said a short while ago.
    [[nodiscard]] std::optional<std::string> take_line();
    // What the next line, whoever says it, has to add about failures that had none:
    // "; 92 failures with other words not shown". Mostly empty.
    [[nodiscard]] std::string take_unsaid();

private:
    struct Said {
        std::string message;
        Instant at;
    };

    [[nodiscard]] std::size_t server() const {
        return (options_.first_server + failed_) % options_.server_count;
    }
    [[nodiscard]] bool is_over(Instant now) const;
    [[nodiscard]] bool is_news(const std::string& message, Instant now);
    [[nodiscard]] Duration pause_length(Instant now);
    [[nodiscard]] bool is_quick(bool lasting, Instant now) const;
    void say(const Failure& failure, Instant now);
    [[nodiscard]] GiveUp give_up(Instant now);

    Options options_;
    Instant started_;
    Instant hopeful_since_;
    std::uint32_t random_;
    std::size_t failed_ = 0;        // servers of this round
    std::uint64_t attempt_ = 1;     // rounds through the list
    bool round_is_lasting_ = true;  // every failure of this round is
    Error last_error_;
    std::vector<Said> said_;
    std::uint64_t unsaid_ = 0;  // failures, since the last line
    std::optional<std::string> line_;
};

}  // namespace nbdroot::agent::attach
