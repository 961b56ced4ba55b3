#include "server/config/export_check.h"

#include <utility>

#include "lib/base/text.h"
#include "server/config/overlay_keys.h"

namespace nbdroot::server::config {
namespace {

class Check {
public:
    Check(ExportDraft& draft, const ExportSurroundings& around, Remarks& remarks)
        : draft_(draft), config_(draft.config), around_(around), remarks_(remarks) {}

    void run() {
        if (config_.path.empty()) {
            remarks_.complain(around_.line, cat("[", base::printable(config_.name, 60),
                                                "] has no exportname, the path of its image"));
        } else {
            settle_pattern();
        }
        settle_limit();
        check_allow();
        check_scripts();
        check_service();
        check_pattern_keys();
        check_overlay();
    }

private:
    void complain(std::string_view key, std::string_view text) {
        remarks_.complain(around_.line_of(key), cat(key, ": ", text));
    }

    void note(std::string_view key, std::string_view text) {
        remarks_.note(around_.line_of(key), cat(key, ": ", text));
    }

    // A path is a pattern unless virtstyle = none says otherwise, as in nbd-server.
    void settle_pattern() {
        const bool is_plain = draft_.style && !*draft_.style;
        if (is_plain) return;
        const auto has_address = check_pattern_path(config_.path);
        if (!has_address) return complain("exportname", has_address.error().message());
        const AddressPattern pattern =
            draft_.style ? **draft_.style : AddressPattern{AddressPattern::Style::literal};
        if (*has_address) {
            config_.pattern = pattern;
            return;
        }
        if (draft_.style) note("virtstyle", "it has no effect: there is no %s in exportname");
        config_.path = expand_path(config_.path, pattern, {});  // its %%
    }

    void settle_limit() {
        if (draft_.own_maximum && draft_.foreign_maximum) {
            complain("maxconnections", "it means the same as export-max-connections: say one");
        }
        config_.maximum_connections =
            draft_.own_maximum.value_or(draft_.foreign_maximum.value_or(kNoLimit));
    }

    void check_allow() {
        if (!config_.allow || config_.allow_file.empty()) return;
        complain("authfile", "allow says already who may come in: say one");
    }

    void check_scripts() {
        if (around_.runs_scripts) return;
        constexpr std::string_view reason =
            "commands are run only with run-scripts = true in [generic]";
        if (!config_.before.empty()) complain("prerun", reason);
        if (!config_.after.empty()) complain("postrun", reason);
    }

    void check_service() {
        const ServiceConfig& service = config_.service;
        if (service.allows(ServiceCommand::script)) {
            if (!around_.runs_scripts) {
                complain("service-commands",
                         "scripts are run only with run-scripts = true in [generic]");
            }
            if (service.script_directory.empty()) {
                complain("service-commands", "script needs a script-directory");
            }
        } else if (!service.script_directory.empty()) {
            note("script-directory", "it has no effect: service-commands has no script");
        }
    }

    void check_pattern_keys() {
        if (!config_.pattern) return;
        if (!config_.image_id.empty()) {
            complain("image-id", "each address has an image of its own, and so an id");
        }
        if (config_.expected_bytes != 0) {
            note("filesize", "it has no effect on the images of a pattern");
            config_.expected_bytes = 0;
        }
    }

    [[nodiscard]] bool has(std::string_view key) const {
        return around_.line_of(key) != around_.line;
    }

    void check_overlay() {
        const OverlayConfig& overlay = config_.overlay;
        const std::string_view contradiction = overlay_contradiction(config_);
        if (!contradiction.empty()) complain("overlay", contradiction);
        if (overlay.kind != OverlayKind::none) return check_overlay_keys();
        for (const std::string_view key : {"identity", "machine-pattern", "max-overlays",
                                           "overlay-quota", "quota-full", "overlay-directory"}) {
            if (has(key)) note(key, "it has no effect without overlay");
        }
    }

    void check_overlay_keys() {
        const OverlayConfig& overlay = config_.overlay;
        if (overlay.identity == MachineIdentity::address && has("machine-pattern")) {
            note("machine-pattern", "it has no effect with identity = address");
        }
        if (overlay.quota_bytes == 0 && has("quota-full")) {
            note("quota-full", "it has no effect without overlay-quota");
        }
    }

    ExportDraft& draft_;
    ExportConfig& config_;
    const ExportSurroundings& around_;
    Remarks& remarks_;
};

}  // namespace

void check_export(ExportDraft& draft, const ExportSurroundings& around, Remarks& remarks) {
    Check(draft, around, remarks).run();
}

}  // namespace nbdroot::server::config
