#include "agent/attach/kernel_nbd.h"

#include <cerrno>

#include "lib/protocol/netlink/generic.h"

namespace nbdroot::agent::attach {
namespace {

namespace netlink = protocol::netlink;

constexpr int kNetlinkGeneric = 16;  // NETLINK_GENERIC

}  // namespace

Result<KernelNbd> KernelNbd::open() {
    auto conversation = kernel::Conversation::open(kNetlinkGeneric);
    if (!conversation && conversation.error().code == EPROTONOSUPPORT) {
        return fail("open", "generic netlink", "this kernel has none", ENOENT);
    }
    if (!conversation) return fail(std::move(conversation).error());
    KernelNbd kernel(std::move(*conversation));
    NBDROOT_CHECK(kernel.find_family());
    return kernel;
}

Result<void> KernelNbd::find_family() {
    const Bytes request =
        netlink::family_request(netlink::kNbdFamilyName, conversation_.next_sequence());
    const auto visit = [this](const netlink::Message& message) -> Result<void> {
        family_id_ = NBDROOT_TRY(netlink::parse_family(message)).id;
        return {};
    };
    NBDROOT_CHECK(conversation_.ask(request, visit));
    if (family_id_ == 0) return fail("find", "netlink family nbd", "no answer", ENOENT);
    return {};
}

Result<void> KernelNbd::connect(const netlink::NbdConnect& connect) {
    const Bytes request = netlink::encode(
        connect, {.family_id = family_id_, .sequence = conversation_.next_sequence()});
    // The kernel repeats the index, which is known.
    return conversation_.ask(request);
}

}  // namespace nbdroot::agent::attach
