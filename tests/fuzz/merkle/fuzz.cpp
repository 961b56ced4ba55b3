// The file that keeps a Merkle root, and a description that may tell one: what is believed reads
// the same once written again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/image_root.h"
#include "server/merkle/kept_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using nbdroot::server::merkle::parse_kept_root;
    namespace nbd = nbdroot::protocol::nbd;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto kept = parse_kept_root(text);
    if (kept) NBDROOT_ASSERT(to_text(*kept) == text);
    const std::string root = nbd::image_root_of(text);
    if (!root.empty()) NBDROOT_ASSERT(nbd::image_root_of(nbd::describe_image_root(root)) == root);
    return 0;
}
