#include "server/storage/overlay/boot_id.h"

#include <charconv>
#include <string>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::server::storage::overlay {
namespace {

constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

}  // namespace

std::optional<BootId> parse_boot_id(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.size() != kForm.size()) return std::nullopt;
    BootId id{};
    std::size_t at = 0;
    for (std::byte& byte : id) {
        if (kForm[at] == '-' && text[at++] != '-') return std::nullopt;
        unsigned value = 0;
        const char* const end = text.data() + at + 2;
        const auto [stop, code] = std::from_chars(text.data() + at, end, value, 16);
        if (code != std::errc() || stop != end) return std::nullopt;
        byte = static_cast<std::byte>(value);
        at += 2;
    }
    return id;
}

Result<BootId> current_boot() {
    static constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
    const std::string text = NBDROOT_TRY(sys::read_text_file(kPath));
    const auto id = parse_boot_id(text);
    if (!id) return fail("read", kPath, cat("not a UUID: ", base::printable(text)));
    return *id;
}

}  // namespace nbdroot::server::storage::overlay
