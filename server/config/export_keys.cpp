#include "server/config/export_keys.h"

#include <array>

#include "lib/base/text.h"
#include "server/config/ini_value.h"
#include "server/config/overlay_keys.h"

namespace nbdroot::server::config {
namespace {

using Value = const std::string&;

Result<void> set_path(ExportDraft& draft, Value value) {
    if (value.empty()) return fail("path", "", "empty; the path of the image is needed");
    draft.config.path = value;
    return {};
}

Result<void> set_read_only(ExportDraft& draft, Value value) {
    draft.config.read_only = NBDROOT_TRY(parse_boolean(value));
    return {};
}

Result<void> set_shared(ExportDraft& draft, Value value) {
    draft.config.shared = NBDROOT_TRY(parse_boolean(value));
    return {};
}

Result<void> set_image_id(ExportDraft& draft, Value value) {
    draft.config.image_id = NBDROOT_TRY(parse_image_id(value));
    return {};
}

Result<void> set_allow(ExportDraft& draft, Value value) {
    draft.config.allow = NBDROOT_TRY(parse_allow_list(value));
    return {};
}

Result<void> set_allow_file(ExportDraft& draft, Value value) {
    if (value.empty()) return fail("path", "", "empty; the path of a file is needed");
    draft.config.allow_file = value;
    return {};
}

Result<void> set_foreign_maximum(ExportDraft& draft, Value value) {
    draft.foreign_maximum = NBDROOT_TRY(parse_limit(value));
    return {};
}

Result<void> set_own_maximum(ExportDraft& draft, Value value) {
    draft.own_maximum = NBDROOT_TRY(parse_limit(value));
    return {};
}

Result<void> set_address_maximum(ExportDraft& draft, Value value) {
    draft.config.maximum_connections_per_address = NBDROOT_TRY(parse_limit(value));
    return {};
}

Result<void> set_style(ExportDraft& draft, Value value) {
    draft.style = NBDROOT_TRY(parse_address_pattern(value));
    return {};
}

Result<void> set_before(ExportDraft& draft, Value value) {
    draft.config.before = value;
    return {};
}

Result<void> set_after(ExportDraft& draft, Value value) {
    draft.config.after = value;
    return {};
}

Result<void> set_size(ExportDraft& draft, Value value) {
    const auto bytes = base::parse_decimal(value, INT64_MAX);
    if (!bytes) {
        return fail("size", cat("'", base::printable(value), "'"), "not a number of bytes");
    }
    draft.config.expected_bytes = *bytes;
    return {};
}

template <Result<void> (*kSet)(OverlayConfig&, Value)>
Result<void> set_overlay(ExportDraft& draft, Value value) {
    return kSet(draft.config.overlay, value);
}

Result<void> set_service_commands(ExportDraft& draft, Value value) {
    draft.config.service.commands = NBDROOT_TRY(parse_service_commands(value));
    return {};
}

Result<void> set_script_directory(ExportDraft& draft, Value value) {
    if (!value.starts_with('/')) return fail("directory", value, "not an absolute path");
    draft.config.service.script_directory = value;
    return {};
}

constexpr std::array kKeys{
    Key<ExportDraft>{"exportname", set_path},
    Key<ExportDraft>{"readonly", set_read_only},
    Key<ExportDraft>{"shared", set_shared},
    Key<ExportDraft>{"image-id", set_image_id},
    Key<ExportDraft>{"allow", set_allow},
    Key<ExportDraft>{"authfile", set_allow_file},
    Key<ExportDraft>{"export-max-connections", set_own_maximum},
    Key<ExportDraft>{"maxconnections", set_foreign_maximum},
    Key<ExportDraft>{"address-max-connections", set_address_maximum},
    Key<ExportDraft>{"virtstyle", set_style},
    Key<ExportDraft>{"prerun", set_before},
    Key<ExportDraft>{"postrun", set_after},
    Key<ExportDraft>{"filesize", set_size},
    Key<ExportDraft>{"overlay", set_overlay<set_overlay_kind>},
    Key<ExportDraft>{"identity", set_overlay<set_machine_identity>},
    Key<ExportDraft>{"machine-pattern", set_overlay<set_machine_pattern>},
    Key<ExportDraft>{"max-overlays", set_overlay<set_maximum_overlays>},
    Key<ExportDraft>{"overlay-linger", set_overlay<set_overlay_linger>},
    Key<ExportDraft>{"overlay-quota", set_overlay<set_overlay_quota>},
    Key<ExportDraft>{"quota-full", set_overlay<set_quota_full>},
    Key<ExportDraft>{"overlay-directory", set_overlay<set_overlay_directory>},
    Key<ExportDraft>{"service-commands", set_service_commands},
    Key<ExportDraft>{"script-directory", set_script_directory},
};

}  // namespace

std::span<const Key<ExportDraft>> export_keys() { return kKeys; }

}  // namespace nbdroot::server::config
