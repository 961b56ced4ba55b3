#include "server/ctl/overlay_job.h"

#include <array>
#include <string_view>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::ctl {
namespace {

using Kind = OverlayJob::Kind;
using Words = std::vector<std::string>;

struct Form {
    std::string_view name;
    Kind kind;
    std::string_view file;  // what its file is
};
constexpr std::array<Form, 3> kForms{{{"commit", Kind::commit, "NEWIMAGE"},
                                      {"export", Kind::export_, "FILE"},
                                      {"check", Kind::check, "FILE"}}};

const Form* find_form(const Words& words) {
    if (words.empty()) return nullptr;
    for (const Form& form : kForms) {
        if (form.name == words[0]) return &form;
    }
    return nullptr;
}

Failure refuse(std::string_view option, std::string_view reason) {
    return fail("option", option, reason);
}

Result<void> check_settings(const Form& form, const OverlaySettings& settings) {
    if (form.kind == Kind::check && !settings.any().empty()) {
        return refuse(settings.any(), "not with overlay check");
    }
    if (form.kind != Kind::export_ && settings.format) {
        return refuse("--format", "only overlay export has formats");
    }
    if (settings.overlay && !settings.image) {
        return refuse("--overlay", "needs --image as well: the image that it was written over");
    }
    if (settings.image && !settings.overlay) {
        return refuse("--image", "only with --overlay; else the server says what is where");
    }
    if (settings.image_id && !settings.overlay) {
        return refuse("--image-id", "only with --overlay and --image");
    }
    return {};
}

Result<void> check_count(const Form& form, const Words& words, bool has_files) {
    const std::size_t wanted = form.kind == Kind::check || has_files ? 1 : 3;
    const std::size_t given = words.size() - 1;
    if (given == wanted) return {};
    const std::string command = cat("overlay ", form.name);
    if (given > wanted) {
        return fail("command", command,
                    cat("unexpected argument '", base::printable(words[wanted + 1]), "'"));
    }
    return fail(
        "command", command,
        cat("needs ", wanted == 1 ? "a word: " : "three words: EXPORT MACHINE ", form.file));
}

Result<OverlayJob::Format> parse_format(const std::string& text) {
    if (text == "raw") return OverlayJob::Format::raw;
    if (text == "qcow2") return OverlayJob::Format::qcow2;
    return refuse("--format", cat("'", base::printable(text), "' is neither raw nor qcow2"));
}

}  // namespace

std::optional<std::string>* OverlaySettings::find(const std::string& name) {
    if (name == "--overlay") return &overlay;
    if (name == "--image") return &image;
    if (name == "--image-id") return &image_id;
    return name == "--format" ? &format : nullptr;
}

std::string OverlaySettings::any() const {
    if (overlay) return "--overlay";
    if (image) return "--image";
    if (image_id) return "--image-id";
    return format ? "--format" : "";
}

Result<std::optional<OverlayJob>> parse_overlay_job(const Words& words,
                                                    const OverlaySettings& settings) {
    const Form* const form = find_form(words);
    if (form == nullptr) return std::nullopt;
    NBDROOT_CHECK(check_settings(*form, settings));
    NBDROOT_CHECK(check_count(*form, words, settings.overlay.has_value()));
    OverlayJob job{.kind = form->kind};
    if (settings.format) job.format = NBDROOT_TRY(parse_format(*settings.format));
    if (settings.overlay) {
        job.overlay = stem_of(*settings.overlay);
        job.image = *settings.image;
        job.image_id = settings.image_id.value_or("");
    } else if (form->kind != Kind::check) {
        job.export_name = words[1];
        job.machine = words[2];
    }
    job.file = words.back();
    if (job.file.empty()) return fail("command", cat("overlay ", form->name), "an empty file name");
    return job;
}

std::string stem_of(const std::string& path) {
    for (const std::string_view ending : {".map", ".data"}) {
        if (path.size() > ending.size() && path.ends_with(ending)) {
            return path.substr(0, path.size() - ending.size());
        }
    }
    return path;
}

}  // namespace nbdroot::server::ctl
