#include "server/control/hash_document.h"

#include <array>

#include "lib/base/json.h"

namespace nbdroot::server::control {
namespace {

struct Image {
    const std::string& export_name;
    bool is_former;
    const std::string& path;
    const std::string& image_id;
    std::uint64_t size_bytes;
    const merkle::RootView& root;
};

void write_image(base::JsonWriter& json, const Image& image) {
    json.begin_object();
    json.member("export", image.export_name);
    json.member("former", image.is_former);
    json.member("path", image.path);
    json.member("image_id", image.image_id);
    json.member("size_bytes", image.size_bytes);
    json.member("state", name_of(image.root.state));
    json.member("merkle_root", image.root.root);
    json.member("done_bytes", image.root.done_bytes);
    json.member("reason", image.root.reason);
    json.end_object();
}

void write_export(base::JsonWriter& json, const ExportView& view) {
    write_image(json, {.export_name = view.name,
                       .is_former = false,
                       .path = view.path,
                       .image_id = view.image_id,
                       .size_bytes = view.size_bytes,
                       .root = view.root});
    for (const FormerView& one : view.former) {
        write_image(json, {.export_name = view.name,
                           .is_former = true,
                           .path = one.path,
                           .image_id = one.image_id,
                           .size_bytes = one.size_bytes,
                           .root = one.root});
    }
}

}  // namespace

std::string_view name_of(merkle::RootState state) {
    constexpr std::array<std::string_view, 5> names{"none", "waiting", "computing", "known",
                                                    "failed"};
    return names[static_cast<std::size_t>(state)];
}

std::string hash_document(const Statistics& statistics,
                          const std::optional<std::string>& export_name) {
    base::JsonWriter json;
    json.begin_object();
    json.key("images");
    json.begin_array();
    for (const ExportView& view : statistics.exports) {
        if (view.is_removed || (export_name && view.name != *export_name)) continue;
        write_export(json, view);
    }
    json.end_array();
    json.end_object();
    return json.text();
}

}  // namespace nbdroot::server::control
