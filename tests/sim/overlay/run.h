// One machine's life with an overlay: random changes, flushes and compactions, SIGKILL and crashes
// of the host at random instants, failing disks. After each return the overlay is compared with a
// plain copy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/storage/overlay/overlay.h"
#include "tests/sim/overlay/disk.h"
#include "tests/sim/overlay/model.h"
#include "tests/sim/random.h"

namespace nbdroot::sim {

struct Deeds {
    std::uint64_t operations = 0;
    std::uint64_t flushes = 0;
    std::uint64_t compactions = 0;
    std::uint64_t kills = 0;
    std::uint64_t crashes = 0;
    std::uint64_t orderly = 0;  // of the crashes those that came after a close in order
    std::uint64_t failed = 0;
};

class OverlayRun {
public:
    explicit OverlayRun(std::uint64_t seed);

    // What went wrong.
    [[nodiscard]] std::optional<std::string> run();
    [[nodiscard]] const Deeds& deeds() const { return deeds_; }

private:
    void begin();
    void operate();
    void change(unsigned kind);
    void write(Extent extent);
    void zero(Extent extent);
    void conclude(Extent extent, const Result<void>& result);
    void flush();
    void flush_once();
    void compact();
    void look();
    void come_back();
    [[nodiscard]] bool reopen();
    void check_figures();

    [[nodiscard]] Extent some_extent();
    [[nodiscard]] Model::Read reader();
    void complain(std::string what);
    void judge(const char* operation, const Result<void>& result);

    Random random_;
    Bytes image_;
    Disk disk_;
    Model model_;
    std::unique_ptr<server::storage::overlay::Overlay> overlay_;
    std::uint8_t boot_ = 1;
    std::uint64_t marks_ = 0;  // each write has contents of its own
    std::uint64_t faults_seen_ = 0;
    bool may_be_broken_ = false;
    Deeds deeds_;
    std::optional<std::string> complaint_;
};

}  // namespace nbdroot::sim
