#include "server/config/overlay_keys.h"

#include <array>
#include <utility>

#include "lib/base/text.h"
#include "server/config/ini_value.h"
#include "server/config/machine_pattern.h"

namespace nbdroot::server::config {
namespace {

using Value = const std::string&;

template <class Meaning>
struct Word {
    std::string_view text;
    Meaning meaning;
};

constexpr std::array kKinds{
    Word<OverlayKind>{"none", OverlayKind::none},
    Word<OverlayKind>{"temporary", OverlayKind::temporary},
    Word<OverlayKind>{"persistent", OverlayKind::persistent},
};

constexpr std::array kIdentities{
    Word<MachineIdentity>{"export-suffix", MachineIdentity::export_suffix},
    Word<MachineIdentity>{"address", MachineIdentity::address},
};

constexpr std::array kFull{
    Word<QuotaFull>{"hold", QuotaFull::hold},
    Word<QuotaFull>{"error", QuotaFull::error},
};

template <class Meaning, std::size_t kCount>
Result<Meaning> meaning_of(Value value, const std::array<Word<Meaning>, kCount>& words) {
    std::string known;
    for (std::size_t i = 0; i < kCount; ++i) {
        if (words[i].text == value) return words[i].meaning;
        known += cat(i == 0 ? "" : i + 1 == kCount ? " or " : ", ", words[i].text);
    }
    return fail("value", cat("'", base::printable(value), "'"), cat(known, " is needed"));
}

std::string_view text_of(OverlayKind kind) {
    return kind == OverlayKind::temporary ? "temporary" : "persistent";
}

}  // namespace

Result<void> set_overlay_kind(OverlayConfig& overlay, Value value) {
    overlay.kind = NBDROOT_TRY(meaning_of(value, kKinds));
    return {};
}

Result<void> set_machine_identity(OverlayConfig& overlay, Value value) {
    overlay.identity = NBDROOT_TRY(meaning_of(value, kIdentities));
    return {};
}

Result<void> set_machine_pattern(OverlayConfig& overlay, Value value) {
    NBDROOT_CHECK(MachinePattern::compile(value));
    overlay.machine_pattern = value;
    return {};
}

Result<void> set_maximum_overlays(OverlayConfig& overlay, Value value) {
    const auto number = base::parse_decimal(value, UINT32_MAX);
    if (!number) {
        return fail("limit", cat("'", base::printable(value), "'"),
                    "not a number of overlays; 0 is no limit");
    }
    overlay.maximum_overlays = static_cast<std::uint32_t>(*number);
    return {};
}

Result<void> set_overlay_linger(OverlayConfig& overlay, Value value) {
    const std::chrono::seconds linger = NBDROOT_TRY(parse_time_span(value));
    if (linger.count() == 0) {
        return fail("time", cat("'", base::printable(value), "'"),
                    "a machine that loses its connection for a moment would lose its root; at "
                    "least 1 s is needed");
    }
    overlay.linger = linger;
    return {};
}

Result<void> set_overlay_quota(OverlayConfig& overlay, Value value) {
    overlay.quota_bytes = NBDROOT_TRY(parse_size(value));
    return {};
}

Result<void> set_quota_full(OverlayConfig& overlay, Value value) {
    overlay.quota_full = NBDROOT_TRY(meaning_of(value, kFull));
    return {};
}

Result<void> set_overlay_directory(OverlayConfig& overlay, Value value) {
    if (value.empty()) return fail("directory", "", "empty");
    overlay.directory = value;
    return {};
}

std::string_view overlay_contradiction(const ExportConfig& target) {
    if (target.overlay.kind == OverlayKind::none) return {};
    if (target.read_only) {
        return "its machines write, each to an overlay of its own, and the image never changes: an "
               "export cannot be read-only besides";
    }
    if (target.shared) {
        return "an overlay has one writer, its machine: an export cannot be shared besides";
    }
    if (target.pattern) {
        return "each address has an image of its own already (%s), which nobody shares: an export "
               "cannot have both";
    }
    return {};
}

std::string describe(const OverlayConfig& overlay) {
    std::string text =
        cat("a ", text_of(overlay.kind), " overlay for each machine (known by ",
            overlay.identity == MachineIdentity::address ? "its address" : "EXPORT/NAME");
    if (overlay.maximum_overlays != 0) text += cat(", at most ", overlay.maximum_overlays);
    if (overlay.quota_bytes != 0) {
        text += cat(", ", base::human_size(overlay.quota_bytes), " each, then ",
                    overlay.quota_full == QuotaFull::hold ? "its writes wait" : "ENOSPC");
    }
    return text + ')';
}

}  // namespace nbdroot::server::config
