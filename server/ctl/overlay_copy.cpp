#include "server/ctl/overlay_copy.h"

#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/child_program.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/program_search.h"
#include "server/ctl/part_file.h"
#include "server/ctl/progress.h"
#include "server/storage/image_id.h"
#include "server/storage/overlay/boot_id.h"
#include "server/storage/overlay/file_store.h"

namespace nbdroot::server::ctl {
namespace {

using storage::Image;
using storage::overlay::BaseImage;
using storage::overlay::FileStore;
using storage::overlay::View;

// Between two looks whether somebody has let go of an overlay: no event tells.
constexpr Duration kLockPause = std::chrono::milliseconds(100);
// Between two looks at the clock while another program works: its end and interrupts are events.
constexpr Duration kChildPause = std::chrono::minutes(1);

Failure interrupted(const std::string& object) {
    return fail("copy", object, "interrupted", EINTR);
}

BaseImage base_of(const std::shared_ptr<const Image>& image, std::string id) {
    const std::uint64_t size = image->size_bytes();
    return {.id = std::move(id),
            .size_bytes = size,
            .read = [image](std::uint64_t offset_bytes,
                            ByteSpan into) { return image->read(offset_bytes, into); },
            .stretch_at = [image](sys::Extent extent) { return image->stretch_at(extent); }};
}

Result<View> open_view(const CopySource& source, const BaseImage& base,
                       sys::Interrupts& interrupts) {
    const auto boot = NBDROOT_TRY(storage::overlay::current_boot());
    FileStore store(source.overlay, FileStore::Use::copy);
    const Instant deadline = sys::now() + source.patience;
    for (;;) {
        auto view = View::open(store, base, boot);
        const bool is_locked = !view && view.error().code == EBUSY;
        if (!view && view.error().object.empty()) view.error().object = source.overlay;
        if (!is_locked || sys::now() >= deadline) return view;
        interrupts.wait(-1, kLockPause);
        if (interrupts.came()) return interrupted(source.overlay);
    }
}

Result<void> fill(const View& view, const PartFile& part, sys::Interrupts& interrupts) {
    Progress progress(part.part_path(), view.identity().image_bytes);
    NBDROOT_CHECK(part.resize(view.identity().image_bytes));
    auto copied = storage::overlay::copy_view(
        view,
        [&](std::uint64_t offset_bytes, ByteView bytes) { return part.write(offset_bytes, bytes); },
        [&](std::uint64_t done_bytes) {
            progress.show(done_bytes);
            return !interrupts.came();
        });
    if (!copied && copied.error().object.empty()) copied.error().object = part.path();
    return copied;
}

// A path that begins with what looks like a protocol is none to qemu-img.
std::string plain_path(const std::string& path) {
    return path.starts_with('/') ? path : "./" + path;
}

Result<std::string> find_converter() {
    const auto found = sys::find_program("qemu-img");
    if (found) return *found;
    return fail("export", "qcow2", "there is no qemu-img: install the package qemu-utils");
}

Result<void> convert(const std::string& converter, const PartFile& from, const PartFile& into,
                     sys::Interrupts& interrupts) {
    auto child = NBDROOT_TRY(sys::ChildProgram::start(
        {.path = converter,
         .arguments = {"convert", "-f", "raw", "-O", "qcow2", plain_path(from.part_path()),
                       plain_path(into.part_path())},
         .environment = {}}));
    for (;;) {
        if (interrupts.came()) return interrupted(into.path());  // which kills it
        if (const auto end = child.collect()) {
            if (end->is_success()) return {};
            return fail("convert", into.path(), "qemu-img has failed; what it said stands above");
        }
        interrupts.wait(child.end_fd(), kChildPause);
    }
}

}  // namespace

Result<OpenSource> open_source(const CopySource& source, sys::Interrupts& interrupts) {
    auto opened = NBDROOT_TRY(Image::open(source.image, storage::Access::read_only));
    const auto image = std::make_shared<const Image>(std::move(opened));
    std::string id =
        source.image_id.empty() ? NBDROOT_TRY(storage::image_id_of(*image)) : source.image_id;
    auto view = NBDROOT_TRY(open_view(source, base_of(image, std::move(id)), interrupts));
    return OpenSource{.image = image, .view = std::move(view)};
}

Result<void> copy_overlay(const OpenSource& source, const CopyTarget& target,
                          sys::Interrupts& interrupts) {
    const bool converts = target.format == OverlayJob::Format::qcow2;
    const std::string converter = converts ? NBDROOT_TRY(find_converter()) : "";
    PartFile made = NBDROOT_TRY(PartFile::create(target.path));
    if (converts) {
        // qemu-img wants a file that it can seek in; never finished, it is removed here.
        const PartFile raw = NBDROOT_TRY(PartFile::create(target.path + ".raw"));
        NBDROOT_CHECK(fill(source.view, raw, interrupts));
        NBDROOT_CHECK(convert(converter, raw, made, interrupts));
    } else {
        NBDROOT_CHECK(fill(source.view, made, interrupts));
    }
    // Who may not give files away makes one of his own.
    if (target.is_image) (void)sys::copy_access(source.image->path(), made.part_path());
    return made.finish();
}

}  // namespace nbdroot::server::ctl
