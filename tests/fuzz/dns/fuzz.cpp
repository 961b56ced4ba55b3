// What a name server, or somebody in its place, sends: to a question whose number and name the
// corpus knows, and to a lookup that gets the same datagram again and again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lib/protocol/dns/lookup.h"

namespace {

using namespace nbdroot;
using namespace nbdroot::protocol::dns;

void must(bool condition) {
    if (!condition) std::abort();
}

void check_names(ByteView datagram) {
    for (std::size_t offset = 0; offset < datagram.size(); ++offset) {
        const auto read = read_name(datagram, offset);
        if (!read) continue;
        must(read->end > offset && read->end <= datagram.size());
        must(!read->name.wire.empty() && read->name.wire.size() <= 255);
        must(read->name.wire.back() == '\0');
        const auto again = read_name(base::as_bytes(read->name.wire), 0);
        must(again && again->name == read->name && again->end == read->name.wire.size());
    }
}

void check_reply(ByteView datagram, RecordType type) {
    const auto reply = parse_reply(datagram, {.name = *parse_name("boot.lan"), .type = type});
    if (!reply) return;
    must(reply->addresses.size() <= kAddressesTaken);
    must(reply->addresses.empty() || reply->kind == Reply::Kind::answered);
    must(reply->reason.empty() == (reply->kind != Reply::Kind::unusable));
    for (const Address& address : reply->addresses) {
        must(address.size == (type == RecordType::a ? 4U : 16U));
    }
}

// All questions have the number 0, as those of the corpus.
void converse(ByteView datagram) {
    Lookup lookup({.host = "boot", .servers = {1, 2}, .search = {"lan"}, .wants_ipv6 = true},
                  [] { return 0U; });
    Instant now(Duration(0));
    lookup.start(now);
    while (const auto deadline = lookup.next_deadline()) {
        must(*deadline >= now && *deadline <= Instant(kLookupLimit));
        if (const auto output = lookup.next_output()) {
            must(output->server < 2);
            (void)lookup.on_datagram(output->server, datagram, now);
        } else {
            now = *deadline;
            lookup.on_time(now);
        }
    }
    const auto& outcome = *lookup.outcome();
    must(outcome ? !outcome->empty() : !outcome.error().reason.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size)).first(std::min(size, kReplyBytes));
    if (size <= 512) check_names(bytes);
    check_reply(bytes, RecordType::a);
    check_reply(bytes, RecordType::aaaa);
    converse(bytes);
    return 0;
}
