// Where the Merkle root of an image lies: beside it as IMAGE.merkle, else in the state directory by
// the image's id. These wait for the disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "server/merkle/kept_root.h"

namespace nbdroot::server::merkle {

struct KeptPlace {
    std::string image_path{};  // empty: another image has that name, or will
    std::string image_id{};
    std::string state_directory{};  // empty: there is none

    // In the order in which they are tried.
    [[nodiscard]] std::vector<std::string> paths() const;
};

// Of exactly this VERSION; whatever else lies there is as good as nothing.
[[nodiscard]] std::optional<KeptRoot> find_kept_root(const KeptPlace& place,
                                                     const sys::FileVersion& version);

// Says where. A file that this program has not written is left alone.
[[nodiscard]] Result<std::string> keep_root(const KeptPlace& place, const KeptRoot& kept);

}  // namespace nbdroot::server::merkle
