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
        family_ = NBDROOT_TRY(netlink::parse_family(message));
        return {};
    };
    NBDROOT_CHECK(conversation_.ask(request, visit));
    if (family_.id == 0) return fail("find", "netlink family nbd", "no answer", ENOENT);
    return {};
}

netlink::NbdEnvelope KernelNbd::envelope() {
    return {.family_id = family_.id, .sequence = conversation_.next_sequence()};
}

Result<void> KernelNbd::connect(const netlink::NbdConnect& connect) {
    // The kernel repeats the index, which is known.
    return conversation_.ask(netlink::encode(connect, envelope()));
}

Result<void> KernelNbd::reconfigure(const netlink::NbdReconfigure& reconfigure) {
    return conversation_.ask(netlink::encode(reconfigure, envelope()));
}

Result<void> KernelNbd::disconnect(std::uint32_t index) {
    return conversation_.ask(netlink::encode_disconnect(index, envelope()));
}

Result<sys::NetlinkSocket> KernelNbd::open_news() const {
    auto news = NBDROOT_TRY(sys::NetlinkSocket::open(kNetlinkGeneric));
    for (const netlink::MulticastGroup& group : family_.groups) {
        if (group.name == netlink::kNbdMulticastGroup) NBDROOT_CHECK(news.join(group.id));
    }
    return news;
}

}  // namespace nbdroot::agent::attach
