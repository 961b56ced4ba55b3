#include "server/config/config.h"

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"

namespace nbdroot::server::config {

void name_after(const std::string& path, ExportConfig& target) {
    target.name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
    target.path = path;
    target.is_default = true;
}

Result<std::string> parse_image_id(std::string_view text) {
    if (protocol::nbd::is_identifier(text)) return std::string(text);
    return fail("image-id", cat("'", base::printable(text, 100), "'"),
                cat("1 to ", protocol::nbd::kMaximumIdentifier,
                    " of the characters 0-9, A-Z, a-z, _ and - are needed"));
}

}  // namespace nbdroot::server::config
