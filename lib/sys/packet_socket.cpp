#include "lib/sys/packet_socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
// After the C library's headers; never with netpacket/packet.h.
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// A frame without segmentation offload never carries more than its MTU; jumbo frames have 9000.
constexpr std::size_t kPacketLimit = 9216;

constexpr sock_filter statement(unsigned code, std::uint32_t value) {
    return {static_cast<std::uint16_t>(code), 0, 0, value};
}
constexpr sock_filter jump(unsigned code, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
    return {static_cast<std::uint16_t>(code), yes, no, value};
}

// Classic BPF over the packet from its IPv4 header on: UDP, no later fragment, destination port.
bool attach_filter(int fd, std::uint16_t port) {
    std::array program = {
        statement(BPF_LD | BPF_B | BPF_ABS, 9),  // protocol
        jump(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
        statement(BPF_LD | BPF_H | BPF_ABS, 6),  // fragment offset
        jump(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
        statement(BPF_LDX | BPF_B | BPF_MSH, 0),  // header length
        statement(BPF_LD | BPF_H | BPF_IND, 2),   // destination port
        jump(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
        statement(BPF_RET | BPF_K, UINT32_MAX),
        statement(BPF_RET | BPF_K, 0),
    };
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

sockaddr_ll link_address(const PacketSocketOptions& options) {
    const bool is_arp = options.kind == PacketSocketOptions::Kind::arp;
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(is_arp ? ETH_P_ARP : ETH_P_IP);
    address.sll_ifindex = options.interface_index;
    address.sll_halen = ETH_ALEN;
    std::memset(address.sll_addr, 0xff, ETH_ALEN);
    return address;
}

// The kernel adds nothing but PACKET_AUXDATA, as nothing else was asked for.
bool checksum_filled_in(msghdr& message) {
    const cmsghdr* const control = CMSG_FIRSTHDR(&message);
    if (control == nullptr) return true;
    if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA) return true;
    tpacket_auxdata data;
    if (control->cmsg_len < CMSG_LEN(sizeof data)) return true;
    std::memcpy(&data, CMSG_DATA(control), sizeof data);
    return (data.tp_status & TP_STATUS_CSUMNOTREADY) == 0;
}

}  // namespace

// Created without a protocol, so that nothing arrives before filter and interface are set.
Result<PacketSocket> PacketSocket::open(PacketSocketOptions options) {
    const std::string& name = options.interface_name;
    Fd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("open packet socket on", name);
    const bool is_filtered = options.kind == PacketSocketOptions::Kind::udp;
    const int on = 1;
    // Without it a checksum that is not there yet looks wrong; the peer's next try is then lost
    // too, so a kernel that refuses is an error (none does since 2.6.20).
    if (::setsockopt(fd.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0 ||
        (is_filtered && !attach_filter(fd.get(), options.udp_port))) {
        return fail_errno("set up packet socket on", name);
    }
    const sockaddr_ll address = link_address(options);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail_errno("bind packet socket to", name);
    }
    return PacketSocket(std::move(fd), std::move(options));
}

Result<void> PacketSocket::broadcast(ByteView packet) {
    const sockaddr_ll address = link_address(options_);
    for (;;) {
        const ssize_t sent = ::sendto(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT,
                                      reinterpret_cast<const sockaddr*>(&address), sizeof address);
        if (sent >= 0) return {};
        if (errno != EINTR) return fail_errno("send on", options_.interface_name);
    }
}

Result<std::optional<PacketSocket::Received>> PacketSocket::receive() {
    Received received{.packet = Bytes(kPacketLimit)};
    iovec data{received.packet.data(), received.packet.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(tpacket_auxdata))> control;
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    for (;;) {
        const ssize_t size = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT);
        if (size >= 0) {
            received.packet.resize(static_cast<std::size_t>(size));
            received.has_checksum = checksum_filled_in(message);
            return received;
        }
        if (errno == EAGAIN) return std::nullopt;
        if (errno != EINTR) return fail_errno("receive on", options_.interface_name);
    }
}

}  // namespace nbdroot::sys
