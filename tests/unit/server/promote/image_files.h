// Images in a directory of their own, which goes away with the test.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "lib/sys/file.h"
#include "lib/sys/file_list.h"
#include "server/storage/image.h"
#include "server/storage/image_id.h"
#include "tests/support/catch.h"

namespace nbdroot::test {

class ImageFiles {
public:
    ImageFiles() { REQUIRE(::mkdtemp(directory_.data()) != nullptr); }
    ImageFiles(const ImageFiles&) = delete;
    ImageFiles& operator=(const ImageFiles&) = delete;
    ~ImageFiles() {
        for (const std::string& name : names()) ::unlink(path(name).c_str());
        ::rmdir(directory_.c_str());
    }

    [[nodiscard]] std::string path(const std::string& name) const {
        return directory_ + "/" + name;
    }
    // Its path.
    std::string make(const std::string& name, const std::string& contents) const {
        REQUIRE(sys::replace_file(path(name), contents));
        return path(name);
    }
    [[nodiscard]] server::storage::Image open(const std::string& name) const {
        auto image = server::storage::Image::open(path(name), server::storage::Access::read_only);
        REQUIRE(image);
        return std::move(*image);
    }
    [[nodiscard]] std::string id(const std::string& name) const {
        return server::storage::image_id_of(open(name)).value();
    }
    [[nodiscard]] std::string contents(const std::string& name) const {
        return sys::read_text_file(path(name)).value_or("none");
    }
    [[nodiscard]] std::vector<std::string> names() const {
        return sys::list_files(directory_).value();
    }

private:
    std::string directory_ = "/tmp/nbdroot-images-XXXXXX";
};

}  // namespace nbdroot::test
