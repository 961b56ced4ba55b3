#include "server/ctl/overlay_work.h"

#include <csignal>
#include <string>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/daemon.h"
#include "lib/sys/file_stamp.h"
#include "server/ctl/inquiry.h"
#include "server/ctl/overlay_copy.h"
#include "server/ctl/overlay_place.h"
#include "server/ctl/overlay_report.h"
#include "server/storage/overlay/boot_id.h"
#include "server/storage/overlay/checker.h"
#include "server/storage/overlay/file_store.h"

namespace nbdroot::server::ctl {
namespace {

using storage::overlay::FileStore;
using Kind = OverlayJob::Kind;
using Worked = tl::expected<void, Complaint>;

// A server closes an overlay some seconds after its last connection.
constexpr Duration kPatience = std::chrono::seconds(15);

tl::unexpected<Complaint> complain(std::string text) {
    return tl::unexpected(Complaint{.text = std::move(text)});
}

Worked check(const Options& options) {
    const std::string path = stem_of(options.job.file);
    const auto boot = storage::overlay::current_boot();
    if (!boot) return complain(boot.error().message());
    FileStore store(path, FileStore::Use::look);
    const auto report = storage::overlay::check_overlay(store, *boot);
    sys::write_to_standard_output(options.json ? to_json(path, report) : describe(path, report));
    if (report.is_sound()) return {};
    return complain(faults_of(path, report));
}

tl::expected<CopySource, Complaint> find_source(const Options& options) {
    const OverlayJob& job = options.job;
    if (job.overlay) {
        return CopySource{.overlay = *job.overlay, .image = job.image, .image_id = job.image_id};
    }
    const control::Request request{.command = control::Request::Command::overlay_list,
                                   .export_name = job.export_name};
    const auto reply = ask(options.socket, request, limit_of(request));
    if (!reply) return tl::unexpected(reply.error());
    auto place = find_place(reply->json, job);
    if (!place) return complain(place.error().message());
    place->patience = kPatience;
    return std::move(*place);
}

void warn(std::string_view text) {
    sys::write_to_standard_error(cat("nbd-rootserverctl: warning: ", text, "\n"));
}

std::string subject(const OpenSource& source) {
    const auto& identity = source.view.identity();
    return cat("machine '", base::printable(identity.machine), "' of export '",
               base::printable(identity.export_name), "'");
}

void tell_of_commit(const OverlayJob& job, const OpenSource& source) {
    const std::string file = base::printable(job.file, job.file.size());
    const auto& identity = source.view.identity();
    sys::write_to_standard_output(cat(file, ": the image with what ", subject(source),
                                      " has written, ", base::human_size(identity.image_bytes),
                                      "; image and overlay are as before; promote it with ",
                                      "nbd-rootserverctl promote '",
                                      base::printable(identity.export_name), "' '", file, "'\n"));
    const auto there = sys::stamp_at(job.file);
    if (there && there->device != source.image->opened_as().device) {
        warn(cat(file, " lies on another file system than ", base::printable(source.image->path()),
                 ", which promote refuses: move it beside that first"));
    }
}

Worked copy(const Options& options) {
    const OverlayJob& job = options.job;
    sys::ignore_signal(SIGXFSZ);  // a limit on file sizes is an error of one write (EFBIG)
    auto interrupts = sys::Interrupts::take();
    if (!interrupts) return complain(interrupts.error().message());
    const auto place = find_source(options);
    if (!place) return tl::unexpected(place.error());
    const auto source = open_source(*place, *interrupts);
    if (!source) return complain(source.error().message());
    if (source->view.is_broken()) {
        warn(cat(subject(*source),
                 ": a sync of its overlay has failed; of what it wrote since its last flush "
                 "anything may be missing"));
    }
    const bool commits = job.kind == Kind::commit;
    const auto copied = copy_overlay(
        *source, {.path = job.file, .format = job.format, .is_image = commits}, *interrupts);
    if (!copied) {
        return complain(
            cat(copied.error().message(), "; nothing was made, image and overlay are as before"));
    }
    if (commits) {
        tell_of_commit(job, *source);
    } else {
        sys::write_to_standard_output(cat(base::printable(job.file, job.file.size()), ": what ",
                                          subject(*source), " sees\n"));
    }
    return {};
}

}  // namespace

Worked work(const Options& options) {
    return options.job.kind == Kind::check ? check(options) : copy(options);
}

}  // namespace nbdroot::server::ctl
