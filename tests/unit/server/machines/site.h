// Images, and a directory for overlays of machines.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "lib/sys/file.h"
#include "lib/sys/file_list.h"
#include "server/machines/overlay_opening.h"
#include "tests/support/catch.h"
#include "tests/unit/server/temporary_file.h"

namespace nbdroot::test {

using server::config::OverlayKind;
using server::machines::boots_path;
using server::machines::find_overlays;
using server::machines::has_files;
using server::machines::mark_for_reset;
using server::machines::OpenedOverlay;
using server::machines::OverlayOpening;
using server::machines::Owner;
using server::machines::remove_overlay;
using server::machines::reset_path;
using Wish = OverlayOpening::Wish;

class TemporaryDirectory {
public:
    TemporaryDirectory() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        ::chmod(path_.c_str(), 0700);
        for (const std::string& name : names()) ::unlink((path_ + "/" + name).c_str());
        ::rmdir(path_.c_str());
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::vector<std::string> names() const {
        return sys::list_files(path_).value_or(std::vector<std::string>());
    }
    [[nodiscard]] std::size_t count(const std::string& ending) const {
        std::size_t found = 0;
        for (const std::string& name : names()) found += name.ends_with(ending) ? 1U : 0U;
        return found;
    }

private:
    std::string path_ = "/tmp/nbdroot-machines-XXXXXX";
};

struct Site {
    static constexpr std::size_t kImageBytes = 65536;

    TemporaryDirectory directory;
    TemporaryFile golden{std::string(kImageBytes, 'g')};
    TemporaryFile newer{std::string(kImageBytes, 'n')};

    [[nodiscard]] static std::shared_ptr<const server::storage::Image> open(
        const TemporaryFile& file) {
        auto image = server::storage::Image::open(file.path(), server::storage::Access::read_only);
        REQUIRE(image);
        return std::make_shared<const server::storage::Image>(std::move(*image));
    }

    [[nodiscard]] OverlayOpening opening(Wish wish, const Owner& owner) const {
        return {.wish = wish,
                .stem = stem_of(directory.path(), owner),
                .owner = owner,
                .bases = {{.image_id = "golden", .image = open(golden)}},
                .wanted_image_id = "golden"};
    }
};

[[nodiscard]] inline Owner owner_of(const std::string& machine,
                                    OverlayKind kind = OverlayKind::temporary) {
    return {.kind = kind, .export_name = "debian", .machine = machine};
}

[[nodiscard]] inline Result<OpenedOverlay> open_overlay(const OverlayOpening& opening) {
    return server::machines::try_opening(opening).opened;
}

inline void write_first_bytes(const OverlayOpening& opening, std::size_t count, char value = 'w') {
    const auto opened = open_overlay(opening);
    REQUIRE(opened);
    REQUIRE(opened->overlay->write(0, Bytes(count, static_cast<std::byte>(value))));
}

inline void overwrite(const std::string& path, std::string_view text) {
    REQUIRE(sys::replace_file(path, text));
}

}  // namespace nbdroot::test
