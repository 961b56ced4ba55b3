// A host name to its addresses as a state machine: answers, failures and time in, questions and a
// result out.
//
// The candidates (search list) are asked for one after the other, each for A and, where that is not
// enough, for AAAA. A question goes to one server, then to the next ones, round and round, until
// one of them answers: the first answer counts, whoever it is from. A server that cannot say
// (SERVFAIL, nothing listens there) is not asked this question again; NXDOMAIN is an answer like
// any other. A candidate of which no server can say anything, or that used up its share of the
// time, is passed over: the domain of another one may be well. Left out: DNSSEC, caching (the
// lookup is for this boot), an alias whose addresses the server leaves out of its answer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/protocol/dns/message.h"

namespace nbdroot::protocol::dns {

inline constexpr std::size_t kServersAsked = 4;
inline constexpr Duration kLookupLimit{5'000};  // for all of it

class Lookup {
public:
    struct Options {
        std::string host;
        std::vector<std::uint32_t> servers;  // those beyond kServersAsked are left out
        std::vector<std::string> search = {};
        bool wants_ipv6 = false;  // AAAA also where there is an A
    };
    struct Outgoing {
        std::size_t server = 0;  // its place in Options::servers
        Bytes datagram;
    };
    using Outcome = Result<std::vector<Address>>;  // those of A first

    // RANDOM gives 32 random bits, for the numbers of questions.
    Lookup(Options options, std::function<std::uint32_t()> random);

    // Once, before the rest.
    void start(Instant now);

    // What came from SERVER. An Error says why it changed nothing.
    [[nodiscard]] Result<void> on_datagram(std::size_t server, ByteView datagram, Instant now);
    // SERVER cannot be asked.
    void on_failure(std::size_t server, std::string_view reason, Instant now);
    // To be called at next_deadline(), or later.
    void on_time(Instant now);

    [[nodiscard]] std::optional<Outgoing> next_output();

    // nullopt: there is an outcome.
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }

private:
    struct Server {
        std::uint32_t address = 0;
        bool was_asked = false;  // for anything
        std::string failure;     // why this question is not for it; empty: it is
    };

    void ask(RecordType type, Instant now);
    void ask_next_server(Instant now);
    [[nodiscard]] std::optional<std::size_t> next_usable() const;
    [[nodiscard]] std::size_t usable_count() const;
    void on_answer(std::vector<Address> addresses, Instant now);
    void on_no_such_name(Instant now);
    void begin_candidate(Instant now);
    void try_next_candidate(Instant now);
    void pass_over(int code, Instant now);
    void fail_or_finish(std::string_view reason, int code);
    [[nodiscard]] std::string nobody_knows() const;
    [[nodiscard]] std::string asked() const;

    std::string host_;
    std::vector<std::string> candidates_;
    bool wants_ipv6_;
    std::vector<Server> servers_;
    std::function<std::uint32_t()> random_;

    std::size_t candidate_ = 0;
    Question question_;
    std::size_t asking_ = 0;   // the server that was asked last, and first for the next question
    bool one_exists_ = false;  // a candidate without addresses
    std::string passed_over_;  // candidates of which nobody could say anything, and why
    int passed_over_code_ = 0;
    std::vector<Address> found_;
    std::optional<Outgoing> output_;
    Instant give_up_at_{};
    Instant candidate_end_{};
    Instant next_try_{};
    std::optional<Outcome> outcome_;
};

}  // namespace nbdroot::protocol::dns
