// What a reply to BLOCK_STATUS says: consecutive descriptors, from the offset of the request on.
// Source: proto.md, "NBD_REPLY_TYPE_BLOCK_STATUS".
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nbdroot::protocol::nbd {

struct ExtentDescriptor {
    std::uint32_t length_bytes = 0;
    std::uint32_t flags = 0;  // kState… of constants.h

    bool operator==(const ExtentDescriptor&) const = default;
};

// Collects them in order. Together they are never longer than the request, neighbours differ, and
// none is empty; that they may stop before its end is the protocol's way to bound the reply.
class ExtentList {
public:
    ExtentList(std::uint32_t length_bytes, std::size_t maximum)
        : missing_bytes_(length_bytes), maximum_(maximum) {}

    // What follows has FLAGS for LENGTH bytes, or more than was asked about. Nothing happens once
    // the list is complete.
    void add(std::uint64_t length_bytes, std::uint32_t flags);

    // All is described, or no more descriptors are wanted.
    [[nodiscard]] bool complete() const { return full_ || missing_bytes_ == 0; }
    [[nodiscard]] const std::vector<ExtentDescriptor>& descriptors() const { return list_; }

private:
    std::vector<ExtentDescriptor> list_;
    std::uint32_t missing_bytes_;
    std::size_t maximum_;
    bool full_ = false;
};

}  // namespace nbdroot::protocol::nbd
