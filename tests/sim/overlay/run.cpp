#include "tests/sim/overlay/run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/text.h"
#include "server/storage/overlay/checker.h"
#include "server/storage/overlay/map_files.h"

namespace nbdroot::sim {
namespace {

using server::storage::overlay::BlockRun;
using server::storage::overlay::blocks_of;
using server::storage::overlay::BlockState;
using server::storage::overlay::BootId;
using server::storage::overlay::decode_map_file;
using server::storage::overlay::kBlockBytes;
using server::storage::overlay::Overlay;
using server::storage::overlay::OverlayIdentity;
using server::storage::overlay::read_map;
using server::storage::overlay::Survived;
using server::storage::overlay::touched_by;

constexpr std::uint64_t kSector = 512;
constexpr unsigned kOperations = 60;
constexpr const char* kBase = "golden";

Bytes make_image(Random& random) {
    // Often not a multiple of the block.
    const std::uint64_t sectors = random.between(1, 24 * kBlockBytes / kSector);
    Bytes image(sectors * kSector + (random.one_in(4) ? random.below(kSector) : 0));
    for (std::size_t i = 0; i < image.size(); i += 64)
        image[i] = static_cast<std::byte>(0x80 | (i >> 9));
    return image;
}

BootId boot_id(std::uint8_t number) {
    BootId id{};
    id.front() = static_cast<std::byte>(number);
    return id;
}

}  // namespace

OverlayRun::OverlayRun(std::uint64_t seed)
    : random_(seed), image_(make_image(random_)), disk_(random_), model_(image_) {}

std::optional<std::string> OverlayRun::run() {
    begin();
    if (random_.one_in(3)) disk_.fail_one_in(random_.between(5, 60));
    for (unsigned i = 0; i < kOperations && !complaint_; ++i) operate();
    return complaint_;
}

void OverlayRun::begin() {
    auto created = Overlay::create(
        disk_.store(), OverlayIdentity{.base_id = kBase, .image_bytes = image_.size()},
        boot_id(boot_), [this](std::uint64_t offset, ByteSpan into) -> Result<void> {
            std::memcpy(into.data(), image_.data() + offset, into.size());
            return {};
        });
    if (!created) return complain(created.error().message());
    overlay_ = std::move(*created);
}

void OverlayRun::operate() {
    ++deeds_.operations;
    faults_seen_ = disk_.faults();
    if (random_.one_in(6)) disk_.live_for(random_.between(1, 12));
    const unsigned kind = static_cast<unsigned>(random_.below(16));
    if (kind < 12) {
        change(kind);
    } else if (kind < 14) {
        flush();
    } else if (kind == 14) {
        compact();
    } else {
        look();
    }
    if (complaint_) return;
    if (disk_.is_dead() || random_.one_in(12)) come_back();
    disk_.live_on();
    if (!complaint_) check_figures();
}

void OverlayRun::change(unsigned kind) {
    const Extent extent = some_extent();
    if (kind < 8) {
        write(extent);
    } else {
        zero(extent);
    }
}

void OverlayRun::write(Extent extent) {
    Bytes bytes(extent.length_bytes);
    const auto mark = static_cast<std::byte>(++marks_ & 0x7f);
    std::fill(bytes.begin(), bytes.end(), mark);
    for (std::size_t i = 0; i < bytes.size(); i += 100) bytes[i] = static_cast<std::byte>(i >> 5);
    model_.begin(extent, bytes);
    if (random_.one_in(2)) {
        const bool needs = !overlay_->needs_of_base(extent).empty();
        const auto done = overlay_->write_now(extent.offset_bytes, bytes);
        if (!done) return conclude(extent, fail(done.error()));
        if (*done == needs) complain("a write waits for nothing, or does not wait for the image");
        if (*done) return conclude(extent, {});
    }
    conclude(extent, overlay_->write(extent.offset_bytes, bytes));
}

void OverlayRun::zero(Extent extent) {
    model_.begin(extent, Bytes(extent.length_bytes));
    const bool with_holes = !random_.one_in(4);
    conclude(extent,
             overlay_->zero(extent, with_holes ? sys::Holes::allowed : sys::Holes::forbidden));
}

void OverlayRun::conclude(Extent extent, const Result<void>& result) {
    judge("change", result);
    if (disk_.is_dead()) return;  // nobody hears what it says
    if (result) {
        model_.finish();
        Bytes seen(extent.length_bytes);
        const auto begin =
            model_.bytes().begin() + static_cast<std::ptrdiff_t>(extent.offset_bytes);
        if (!overlay_->read(extent.offset_bytes, seen) ||
            !std::equal(seen.begin(), seen.end(), begin)) {
            complain("an acknowledged change is not seen");
        }
    } else if (!model_.settle(reader())) {
        complain(cat("after a failed change: ", model_.complaint()));
    }
}

void OverlayRun::flush() {
    if (random_.one_in(3)) disk_.during_next_syncs(2, [this] { change(0); });
    flush_once();
    disk_.during_next_syncs(0, {});
}

void OverlayRun::flush_once() {
    const Model::Mark mark = model_.mark();
    const auto result = overlay_->flush();
    judge("flush", result);
    if (disk_.is_dead()) return;
    if (result) {
        model_.flushed(mark);
        ++deeds_.flushes;
    } else {
        may_be_broken_ = true;
    }
}

void OverlayRun::compact() {
    if (random_.one_in(2)) {
        const auto kind = static_cast<unsigned>(random_.below(12));
        // The second one is that of the new map: a flush meanwhile goes to the old one.
        disk_.during_next_syncs(2, [this, kind, is_data = true]() mutable {
            change(kind);
            if (!std::exchange(is_data, false) && random_.one_in(2)) flush_once();
        });
    }
    const auto result = overlay_->compact();
    disk_.during_next_syncs(0, {});
    judge("compact", result);
    if (result) ++deeds_.compactions;
    if (!result) may_be_broken_ = true;
}

void OverlayRun::look() {
    const Extent extent = some_extent();
    Bytes seen(extent.length_bytes);
    const auto result = overlay_->read(extent.offset_bytes, seen);
    const auto begin = model_.bytes().begin() + static_cast<std::ptrdiff_t>(extent.offset_bytes);
    if (!disk_.is_dead() && (!result || !std::equal(seen.begin(), seen.end(), begin))) {
        complain("a read does not see what was written");
    }
}

// The server is killed, or the host crashes; and again while it comes back.
void OverlayRun::come_back() {
    bool has_crashed = false;
    unsigned tries = 0;
    if (!disk_.is_dead() && random_.one_in(2)) flush_once();
    may_be_broken_ = false;  // that ends with the process
    for (;;) {
        overlay_.reset();
        if (random_.one_in(2)) {
            disk_.crash();
            ++boot_;
            ++deeds_.crashes;
            has_crashed = true;
        } else {
            ++deeds_.kills;
        }
        disk_.live_on();
        ++tries;
        if (random_.one_in(4)) disk_.live_for(random_.between(1, 6));
        if (reopen()) break;
        if (complaint_) return;
    }
    disk_.live_on();
    const auto report = server::storage::overlay::check_overlay(*disk_.store());
    may_be_broken_ = overlay_->broken().has_value();
    if (!report.is_sound() && !may_be_broken_)
        return complain(cat("the checker says: ", report.faults.front()));
    if (has_crashed && tries == 1 && !overlay_->may_have_lost()) {
        ++deeds_.orderly;
        if (!model_.settle(reader()))
            complain(cat("closed in order, and yet: ", model_.complaint()));
    }
    const bool is_well = has_crashed ? model_.adopt(reader()) : model_.settle(reader());
    if (!is_well)
        complain(cat(has_crashed ? "after a crash: " : "after a kill: ", model_.complaint()));
}

bool OverlayRun::reopen() {
    faults_seen_ = disk_.faults();
    auto opened = Overlay::open(disk_.store(), kBase, image_.size(), boot_id(boot_),
                                [this](std::uint64_t offset, ByteSpan into) -> Result<void> {
                                    std::memcpy(into.data(), image_.data() + offset, into.size());
                                    return {};
                                });
    if (opened && !disk_.is_dead()) {
        overlay_ = std::move(*opened);
        return true;
    }
    if (!opened) judge("open", fail(opened.error()));
    return false;
}

void OverlayRun::check_figures() {
    const auto map = disk_.store()->open(server::storage::overlay::Store::Part::map);
    if (!map) return complain("no map");
    const auto bytes = read_map(**map);
    if (!bytes) return complain("the map cannot be read");
    const auto file = decode_map_file(*bytes, Survived::all_writes);
    if (!file) return complain(file.error().message());
    std::uint64_t used = 0;
    for (const BlockRun& run : file->map.runs_of({.first = 0, .count = file->map.blocks()})) {
        if (run.state == BlockState::data) used += run.range.count * kBlockBytes;
        const Extent extent = run.range.bytes();
        const std::uint64_t end =
            std::min<std::uint64_t>(extent.offset_bytes + extent.length_bytes, image_.size());
        for (const auto& seen : overlay_->runs_of({.offset_bytes = extent.offset_bytes,
                                .length_bytes = end - extent.offset_bytes})) {
            if (seen.state != run.state)
                return complain("the map in memory is not that of the file");
        }
    }
    if (used != overlay_->used_bytes()) complain("the used bytes are miscounted");
}

Extent OverlayRun::some_extent() {
    std::uint64_t first = random_.below(image_.size());
    std::uint64_t length = random_.between(1, random_.one_in(3) ? 5 * kBlockBytes : kBlockBytes);
    if (random_.one_in(2)) first -= first % kSector;
    if (random_.one_in(3)) {
        first -= first % kBlockBytes;
        length = blocks_of(length) * kBlockBytes;
    }
    return {.offset_bytes = first, .length_bytes = std::min(length, image_.size() - first)};
}

Model::Read OverlayRun::reader() {
    return [this](Extent extent, ByteSpan into) {
        return overlay_->read(extent.offset_bytes, into).has_value();
    };
}

void OverlayRun::judge(const char* operation, const Result<void>& result) {
    if (result) return;
    ++deeds_.failed;
    const bool has_reason = disk_.is_dead() || disk_.faults() != faults_seen_ || may_be_broken_;
    if (!has_reason)
        complain(cat(operation, " failed on a sound disk: ", result.error().message()));
}

void OverlayRun::complain(std::string what) {
    if (!complaint_) complaint_ = cat("operation ", deeds_.operations, ": ", what);
}

}  // namespace nbdroot::sim
