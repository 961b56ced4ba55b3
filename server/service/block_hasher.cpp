#include "server/service/block_hasher.h"

#include <array>
#include <new>

#include "lib/base/text.h"

namespace nbdroot::server::service {

BlockHasher::BlockHasher(Algorithm algorithm) {
    if (algorithm == Algorithm::sha256) {
        sha256_init(&sha256_);
        return;
    }
    xxh3_.reset(XXH3_createState());
    if (!xxh3_) throw std::bad_alloc();
    XXH3_128bits_reset(xxh3_.get());
}

void BlockHasher::add(ByteView bytes) {
    if (xxh3_) {
        XXH3_128bits_update(xxh3_.get(), bytes.data(), bytes.size());
    } else {
        sha256_update(&sha256_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    }
}

std::string BlockHasher::finish() {
    if (xxh3_) {
        XXH128_canonical_t digest;
        XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(xxh3_.get()));
        XXH3_128bits_reset(xxh3_.get());
        return base::hex(std::as_bytes(std::span(digest.digest)));
    }
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&sha256_, digest.size(), digest.data());  // begins anew
    return base::hex(std::as_bytes(std::span(digest)));
}

}  // namespace nbdroot::server::service
