#include "server/admission/boot_name.h"

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"
#include "lib/protocol/nbd/export_query.h"
#include "lib/sys/random.h"

namespace nbdroot::server::admission {
namespace {

constexpr std::size_t kTokenBytes = 16;

}  // namespace

std::string canonical_name(const export_::ExportTable::Found& found) {
    return protocol::nbd::to_text({.export_name = found.export_name,
                                   .image_id = found.target->image_id(),
                                   .boot_token = found.boot_token});
}

std::string new_token() { return base::hex(sys::random_bytes(kTokenBytes)); }

std::string new_boot_token(export_::ExportTable::Found found) {
    found.boot_token = new_token();
    const bool fits = protocol::nbd::is_valid_string(canonical_name(found));
    return fits ? found.boot_token : "";
}

}  // namespace nbdroot::server::admission
