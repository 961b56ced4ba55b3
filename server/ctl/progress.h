// How far a long copy is, for whoever sits at a terminal.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/time.h"

namespace nbdroot::server::ctl {

class Progress {
public:
    // Says nothing where standard error is no terminal.
    Progress(std::string name, std::uint64_t all_bytes);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    // Its line is gone.
    ~Progress();

    void show(std::uint64_t done_bytes);

private:
    std::string name_;
    std::uint64_t all_bytes_;
    bool is_seen_;
    Instant next_{};
};

}  // namespace nbdroot::server::ctl
