// The file that keeps a Merkle root, and a description that may tell one and the server's
// software: what is believed reads the same once written again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/export_description.h"
#include "server/merkle/kept_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using nbdroot::server::merkle::parse_kept_root;
    namespace nbd = nbdroot::protocol::nbd;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto kept = parse_kept_root(text);
    if (kept) NBDROOT_ASSERT(to_text(*kept) == text);
    const nbd::ExportDescription told = nbd::parse_export_description(text);
    NBDROOT_ASSERT(nbd::parse_export_description(to_text(told)) == told);
    return 0;
}
