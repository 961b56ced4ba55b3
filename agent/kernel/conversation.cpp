#include "agent/kernel/conversation.h"

#include <cerrno>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::agent::kernel {
namespace {

namespace netlink = protocol::netlink;

// The kernel answers from within the send; only a stuck driver takes longer.
constexpr Duration kAnswerLimit{10'000};

}  // namespace

Result<Conversation> Conversation::open(int protocol) {
    return Conversation(NBDROOT_TRY(sys::NetlinkSocket::open(protocol)));
}

Result<void> Conversation::ask(ByteView request, const Visit& visit) {
    NBDROOT_CHECK(socket_.send(request));
    for (;;) {
        if (!NBDROOT_TRY(socket_.wait(kAnswerLimit))) {
            return fail("ask", "the kernel",
                        cat("no answer on netlink within ", kAnswerLimit.count() / 1000, " s"),
                        ETIMEDOUT);
        }
        const auto datagram = NBDROOT_TRY(socket_.receive());
        if (datagram && NBDROOT_TRY(take_answer(*datagram, visit))) return {};
    }
}

Result<void> Conversation::ask(ByteView request) {
    return ask(request, [](const netlink::Message&) { return Result<void>(); });
}

// True: it had the end of the answer.
Result<bool> Conversation::take_answer(ByteView datagram, const Visit& visit) const {
    const auto messages = NBDROOT_TRY(netlink::parse_messages(datagram));
    for (const netlink::Message& message : messages) {
        if (message.header.sequence != sequence_) continue;
        if (message.header.type == netlink::kTypeDone) return true;
        if (message.header.type != netlink::kTypeError) {
            NBDROOT_CHECK(visit(message));
            continue;
        }
        const auto verdict = NBDROOT_TRY(netlink::parse_acknowledgement(message));
        if (verdict.error_code == 0) return true;
        std::string reason = sys::describe_errno(verdict.error_code);
        if (!verdict.text.empty()) reason += cat(" (", verdict.text, ")");
        return fail("ask", "the kernel", reason, verdict.error_code);
    }
    return false;
}

}  // namespace nbdroot::agent::kernel
