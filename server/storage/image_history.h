// What others do to an image that is being served: each change is news once. Pure.
//
// Images are replaced by renaming a new file over the old one. Whoever overwrites a file in place
// pulls the disk from under running machines, and wants to be told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/sys/file_stamp.h"

namespace nbdroot::server::storage {

class ImageHistory {
public:
    enum class News {
        shrunk,    // what is gone is answered as an error
        grown,     // clients go on with the size that they were told
        restored,  // it has the size again that clients were told
        modified,  // another than us has written to it
        replaced,  // its path leads to another file
        removed,   // its path leads nowhere
        back       // its path leads to it again
    };
    struct Look {
        sys::FileStamp file;                   // that is open
        bool we_write = false;                 // as this export or another one of the file
        std::optional<sys::FileStamp> path{};  // what its path leads to; nothing: nowhere
    };

    // What clients were told.
    explicit ImageHistory(const sys::FileStamp& opened)
        : opened_(opened), last_{.file = opened, .path = opened} {}

    [[nodiscard]] std::vector<News> on_look(const Look& look);

    // The size that it had at the last look.
    [[nodiscard]] std::uint64_t size_bytes() const { return last_.file.size_bytes; }

private:
    enum class Place { here, elsewhere, nowhere };

    [[nodiscard]] std::optional<News> size_news(const Look& look) const;
    [[nodiscard]] std::optional<News> place_news(const Look& look) const;
    [[nodiscard]] Place place_of(const Look& look) const;

    sys::FileStamp opened_;
    Look last_;
    bool being_modified_ = false;  // at the last look: whoever copies an image is named once
};

}  // namespace nbdroot::server::storage
