#include "server/storage/image_id.h"

#include <xxhash.h>

#include <algorithm>
#include <memory>

#include "lib/base/endian.h"
#include "lib/base/text.h"
#include "server/storage/buffer.h"

namespace nbdroot::server::storage {
namespace {

// XXH3, 128 bits. It tells images apart; it keeps nobody from making two that look alike.
class Digest {
public:
    Digest() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }

    void add(ByteView bytes) { XXH3_128bits_update(state_.get(), bytes.data(), bytes.size()); }
    void add(std::uint64_t number) {
        const be64 wire(number);
        add(std::as_bytes(std::span(&wire, 1)));
    }

    [[nodiscard]] std::string hex() const {
        XXH128_canonical_t bytes;
        XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state_.get()));
        return base::hex(std::as_bytes(std::span(bytes.digest)));
    }

private:
    struct Free {
        void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
    };
    std::unique_ptr<XXH3_state_t, Free> state_;
};

Result<void> add_part(Digest& digest, const Image& image, Extent part) {
    Buffer buffer(part.length_bytes);
    NBDROOT_CHECK(image.read(part.offset_bytes, buffer.span()));
    digest.add(buffer.view());
    return {};
}

Result<std::string> digest_of_contents(const Image& image) {
    Digest digest;
    const std::uint64_t size = image.size_bytes();
    const std::uint64_t end = std::min(size, kDigestedEnd);
    digest.add(base::as_bytes("contents"));
    digest.add(size);
    NBDROOT_CHECK(add_part(digest, image, {.offset_bytes = 0, .length_bytes = end}));
    NBDROOT_CHECK(add_part(digest, image, {.offset_bytes = size - end, .length_bytes = end}));
    if (size <= 2 * kDigestedEnd) return digest.hex();
    const std::uint64_t between = size - 2 * kDigestedEnd;
    if (between <= kSampledBlocks * kSampledBytes) {
        NBDROOT_CHECK(
            add_part(digest, image, {.offset_bytes = kDigestedEnd, .length_bytes = between}));
        return digest.hex();
    }
    // On whole multiples of their size: one sector of a disk that has large ones.
    const std::uint64_t stride = between / kSampledBlocks / kSampledBytes * kSampledBytes;
    for (std::uint64_t i = 0; i < kSampledBlocks; ++i) {
        NBDROOT_CHECK(
            add_part(digest, image,
                     {.offset_bytes = kDigestedEnd + i * stride, .length_bytes = kSampledBytes}));
    }
    return digest.hex();
}

Result<std::string> digest_of_identity(const Image& image) {
    const sys::DiskIdentity identity = NBDROOT_TRY(image.identity());
    Digest digest;
    digest.add(base::as_bytes("identity"));
    digest.add(image.size_bytes());
    digest.add(identity.file_system);
    digest.add(identity.inode);
    digest.add(static_cast<std::uint64_t>(identity.birth_seconds));
    digest.add(identity.birth_nanoseconds);
    digest.add(base::as_bytes(identity.volume));
    return digest.hex();
}

}  // namespace

Result<std::string> image_id_of(const Image& image) {
    return image.access() == Access::read_only ? digest_of_contents(image)
                                               : digest_of_identity(image);
}

}  // namespace nbdroot::server::storage
