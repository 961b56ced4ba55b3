#include "agent/attach/kernel_nbd.h"

#include <cerrno>
#include <string>

#include "lib/base/text.h"
#include "lib/protocol/netlink/generic.h"
#include "lib/sys/error.h"

namespace nbdroot::agent::attach {
namespace {

namespace netlink = protocol::netlink;

constexpr int kNetlinkGeneric = 16;  // NETLINK_GENERIC

// The kernel answers from within the send; only a stuck driver takes longer.
constexpr Duration kAnswerLimit{10'000};

Failure fail_acknowledged(const netlink::Acknowledgement& acknowledgement) {
    std::string reason = sys::describe_errno(acknowledgement.error_code);
    if (!acknowledgement.text.empty()) reason += cat(" (", acknowledgement.text, ")");
    return fail("ask", "the kernel", std::move(reason), acknowledgement.error_code);
}

}  // namespace

Result<KernelNbd> KernelNbd::open() {
    auto socket = sys::NetlinkSocket::open(kNetlinkGeneric);
    if (!socket && socket.error().code == EPROTONOSUPPORT) {
        return fail("open", "generic netlink", "this kernel has none", ENOENT);
    }
    if (!socket) return fail(std::move(socket).error());
    KernelNbd kernel(std::move(*socket));
    NBDROOT_CHECK(kernel.find_family());
    return kernel;
}

Result<void> KernelNbd::find_family() {
    const std::uint32_t sequence = ++sequence_;
    const auto visit = [this](const netlink::Message& message) -> Result<void> {
        family_id_ = NBDROOT_TRY(netlink::parse_family(message)).id;
        return {};
    };
    NBDROOT_CHECK(
        exchange(netlink::family_request(netlink::kNbdFamilyName, sequence), sequence, visit));
    if (family_id_ == 0) return fail("find", "netlink family nbd", "no answer", ENOENT);
    return {};
}

Result<void> KernelNbd::connect(const netlink::NbdConnect& connect) {
    const std::uint32_t sequence = ++sequence_;
    const Bytes request = netlink::encode(connect, {.family_id = family_id_, .sequence = sequence});
    // The kernel repeats the index, which is known.
    return exchange(request, sequence, [](const netlink::Message&) { return Result<void>(); });
}

Result<void> KernelNbd::exchange(ByteView request, std::uint32_t sequence, const Visit& visit) {
    NBDROOT_CHECK(socket_.send(request));
    for (;;) {
        if (!NBDROOT_TRY(socket_.wait(kAnswerLimit))) {
            return fail("ask", "the kernel", "no answer on netlink", ETIMEDOUT);
        }
        const auto datagram = NBDROOT_TRY(socket_.receive());
        if (datagram && NBDROOT_TRY(take_answer(*datagram, sequence, visit))) return {};
    }
}

// True: it had the acknowledgement.
Result<bool> KernelNbd::take_answer(ByteView datagram, std::uint32_t sequence, const Visit& visit) {
    const auto messages = NBDROOT_TRY(netlink::parse_messages(datagram));
    for (const netlink::Message& message : messages) {
        if (message.header.sequence != sequence) continue;
        if (message.header.type != netlink::kTypeError) {
            NBDROOT_CHECK(visit(message));
            continue;
        }
        const auto acknowledgement = NBDROOT_TRY(netlink::parse_acknowledgement(message));
        if (acknowledgement.error_code != 0) return fail_acknowledged(acknowledgement);
        return true;
    }
    return false;
}

}  // namespace nbdroot::agent::attach
