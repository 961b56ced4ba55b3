#include "server/ctl/file_root.h"

#include <string>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/export_description.h"
#include "lib/sys/console.h"
#include "server/ctl/progress.h"
#include "server/merkle/root_work.h"

namespace nbdroot::server::ctl {
namespace {

using storage::Image;

Result<std::string> root_of(const Image& image) {
    const auto before = image.version(sys::Asking::its_server);
    Progress progress(image.path(), image.size_bytes());
    const auto digest = NBDROOT_TRY(merkle::compute_root(image, [&](std::uint64_t done) {
        progress.show(done);
        return true;
    }));
    if (before && image.version(sys::Asking::its_server) != before) {
        return fail("read", image.path(), "it was changed meanwhile");
    }
    return cat(protocol::nbd::kImageRootForm, base::hex(digest));
}

std::string document(const std::string& root, const Image& image) {
    base::JsonWriter json;
    json.begin_object();
    json.member("path", image.path());
    json.member("size_bytes", image.size_bytes());
    json.member("merkle_root", root);
    json.end_object();
    return json.text() + '\n';
}

Result<void> print_root(const Options& options) {
    const Image image = NBDROOT_TRY(Image::open(options.file, storage::Access::read_only));
    const std::string root = NBDROOT_TRY(root_of(image));
    const std::string& path = image.path();
    sys::write_to_standard_output(options.json
                                      ? document(root, image)
                                      : cat(root, "  ", base::printable(path, path.size()), '\n'));
    return {};
}

}  // namespace

tl::expected<void, Complaint> hash_file(const Options& options) {
    const auto done = print_root(options);
    if (done) return {};
    return tl::unexpected(Complaint{.text = done.error().message()});
}

}  // namespace nbdroot::server::ctl
