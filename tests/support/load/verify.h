// The verdict on the host, on files that were copied out of the image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::load {

struct Verdict {
    std::uint64_t files = 0;
    std::uint64_t bad = 0;
    std::string first_bad;  // which and how, for people
};

// Each writer has acknowledged so many files. Unfinished: it may have gone on after that, so what
// it wrote next is not looked at.
[[nodiscard]] Verdict verify_files(const std::string& directory,
                                   const std::vector<std::uint64_t>& acknowledged, bool unfinished);

// FILE is the pattern of prepare() or run_dirty(), whole.
[[nodiscard]] Verdict check_pattern(const std::string& file, std::uint64_t mib);

}  // namespace nbdroot::load
