#include "lib/protocol/dns/lookup.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/assert.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/dns/candidates.h"

namespace nbdroot::protocol::dns {
namespace {

// A name server of the same site answers within milliseconds; one that has to ask others may take
// longer, and its answer still counts when the next one has been asked meanwhile.
constexpr Duration kNextServerAfter{500};
constexpr Duration kSameServerAfter{1'000};
// How long the IPv6 addresses are waited for where IPv4 ones are there already.
constexpr Duration kIpv6Limit{1'000};
constexpr Duration kShortestShare{1'000};  // of a candidate that nobody answers for

}  // namespace

Lookup::Lookup(Options options, std::function<std::uint32_t()> random)
    : host_(std::move(options.host)),
      candidates_(candidates_of(host_, options.search)),
      wants_ipv6_(options.wants_ipv6),
      random_(std::move(random)) {
    for (const std::uint32_t address : options.servers) {
        if (servers_.size() < kServersAsked)
            servers_.push_back({.address = address, .failure = {}});
    }
}

void Lookup::start(Instant now) {
    give_up_at_ = now + kLookupLimit;
    if (candidates_.empty()) return fail_or_finish("is not a name that the DNS can have", EINVAL);
    if (servers_.empty()) {
        return fail_or_finish("no name server is known; nameserver= or DHCP option 6 gives one", 0);
    }
    begin_candidate(now);
}

void Lookup::begin_candidate(Instant now) {
    const auto candidates_left = static_cast<int>(candidates_.size() - candidate_);
    candidate_end_ = now + std::max((give_up_at_ - now) / candidates_left, kShortestShare);
    ask(RecordType::a, now);
}

void Lookup::ask(RecordType type, Instant now) {
    const auto name = parse_name(candidates_[candidate_]);
    NBDROOT_ASSERT(name.has_value());  // candidates_of() gives nothing else
    question_ = {.id = static_cast<std::uint16_t>(random_()), .name = *name, .type = type};
    for (Server& server : servers_) server.failure.clear();
    asking_ = (asking_ + servers_.size() - 1) % servers_.size();
    ask_next_server(now);
}

void Lookup::ask_next_server(Instant now) {
    const auto next = next_usable();
    if (!next) return pass_over(0, now);
    asking_ = *next;
    servers_[asking_].was_asked = true;
    output_ = Outgoing{.server = asking_, .datagram = make_query(question_)};
    next_try_ = now + (usable_count() > 1 ? kNextServerAfter : kSameServerAfter);
}

std::optional<std::size_t> Lookup::next_usable() const {
    for (std::size_t i = 1; i <= servers_.size(); ++i) {
        const std::size_t server = (asking_ + i) % servers_.size();
        if (servers_[server].failure.empty()) return server;
    }
    return std::nullopt;
}

std::size_t Lookup::usable_count() const {
    return static_cast<std::size_t>(
        std::count_if(servers_.begin(), servers_.end(),
                      [](const Server& server) { return server.failure.empty(); }));
}

Result<void> Lookup::on_datagram(std::size_t server, ByteView datagram, Instant now) {
    if (outcome_) return fail("dns", "", "the lookup is over");
    Reply reply = NBDROOT_TRY(parse_reply(datagram, question_));
    if (reply.kind == Reply::Kind::unusable) {
        on_failure(server, reply.reason, now);
        return {};
    }
    asking_ = server;  // it answers: it is asked first from now on
    if (reply.kind == Reply::Kind::no_such_name) {
        on_no_such_name(now);
    } else {
        on_answer(std::move(reply.addresses), now);
    }
    return {};
}

void Lookup::on_failure(std::size_t server, std::string_view reason, Instant now) {
    if (outcome_ || !servers_[server].failure.empty()) return;
    servers_[server].failure = reason;
    if (output_ && output_->server == server) output_.reset();
    if (server == asking_ || usable_count() == 0) ask_next_server(now);
}

void Lookup::on_answer(std::vector<Address> addresses, Instant now) {
    found_.insert(found_.end(), addresses.begin(), addresses.end());
    one_exists_ = true;
    const bool is_last = question_.type == RecordType::aaaa || (!found_.empty() && !wants_ipv6_);
    if (!is_last) {
        ask(RecordType::aaaa, now);
        if (!found_.empty()) give_up_at_ = std::min(give_up_at_, now + kIpv6Limit);
    } else if (found_.empty()) {
        try_next_candidate(now);
    } else {
        fail_or_finish("", 0);
    }
}

// Of both kinds of address: the name itself does not exist. Servers that say so of one kind only
// are broken; what the other kind gave is used.
void Lookup::on_no_such_name(Instant now) {
    if (!found_.empty()) return fail_or_finish("", 0);
    try_next_candidate(now);
}

void Lookup::try_next_candidate(Instant now) {
    if (candidate_ + 1 < candidates_.size()) {
        ++candidate_;
        return begin_candidate(now);
    }
    // It may exist there, so nobody may conclude that it does not.
    if (!passed_over_.empty()) return fail_or_finish(passed_over_, passed_over_code_);
    std::string reason = one_exists_ ? "has no address" : "no such name";
    if (candidates_.size() > 1) {
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            reason += cat(i == 0 ? ", neither " : " nor ", candidates_[i]);
        }
    }
    fail_or_finish(cat(reason, " (asked ", asked(), ")"), ENOENT);
}

void Lookup::pass_over(int code, Instant now) {
    if (!found_.empty()) return fail_or_finish("", 0);
    const bool is_one_of_several = candidates_.size() > 1;
    passed_over_ +=
        cat(passed_over_.empty() ? "" : "; ",
            is_one_of_several ? cat(candidates_[candidate_], ": ") : std::string(), nobody_knows());
    passed_over_code_ = code;
    if (now >= give_up_at_) return fail_or_finish(passed_over_, code);
    try_next_candidate(now);
}

void Lookup::on_time(Instant now) {
    if (outcome_) return;
    if (now >= std::min(give_up_at_, candidate_end_)) return pass_over(ETIMEDOUT, now);
    if (now >= next_try_) ask_next_server(now);
}

// What was found counts, whatever else failed.
void Lookup::fail_or_finish(std::string_view reason, int code) {
    output_.reset();
    if (found_.empty()) {
        outcome_.emplace(fail("resolve", host_, reason, code));
    } else {
        outcome_.emplace(std::move(found_));
    }
}

std::optional<Lookup::Outgoing> Lookup::next_output() { return std::exchange(output_, {}); }

std::optional<Instant> Lookup::next_deadline() const {
    if (outcome_) return std::nullopt;
    return std::min({give_up_at_, candidate_end_, next_try_});
}

// "no answer from 10.0.0.1; 10.0.0.2: SERVFAIL"
std::string Lookup::nobody_knows() const {
    std::string silent;
    std::string failed;
    for (const Server& server : servers_) {
        const std::string address = base::format_ipv4(server.address);
        if (!server.failure.empty()) {
            failed += cat(failed.empty() ? "" : "; ", address, ": ", server.failure);
        } else if (server.was_asked) {
            silent += cat(silent.empty() ? "no answer from " : ", ", address);
        }
    }
    return cat(silent, silent.empty() || failed.empty() ? "" : "; ", failed);
}

std::string Lookup::asked() const {
    std::string list;
    for (const Server& server : servers_) {
        if (!server.was_asked) continue;
        list += cat(list.empty() ? "" : ", ", base::format_ipv4(server.address));
    }
    return list;
}

}  // namespace nbdroot::protocol::dns
