#include "tests/sim/overlay/model.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::sim {

using server::storage::overlay::blocks_of;
using server::storage::overlay::kBlockBytes;
using server::storage::overlay::touched_by;

Model::Model(Bytes image) : bytes_(std::move(image)), blocks_(blocks_of(bytes_.size())) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) blocks_[i].past = {content(i)};
}

void Model::begin(Extent extent, ByteView bytes) {
    coming_ = bytes_;
    std::memcpy(coming_->data() + extent.offset_bytes, bytes.data(), bytes.size());
    first_ = touched_by(extent).first;
    end_ = touched_by(extent).end();
    for (std::size_t i = first_; i < end_; ++i) {
        const Extent block = extent_of(i);
        const auto from = coming_->begin() + static_cast<std::ptrdiff_t>(block.offset_bytes);
        blocks_[i].past.emplace_back(from, from + static_cast<std::ptrdiff_t>(block.length_bytes));
    }
}

void Model::finish() {
    bytes_ = *std::exchange(coming_, std::nullopt);
    first_ = end_ = 0;
}

bool Model::settle(const Read& read) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto now = fetch(i, read);
        if (!now) return false;
        const bool is_changing = coming_ && i >= first_ && i < end_;
        const bool is_old = *now == content(i);
        if (!is_old && !(is_changing && *now == blocks_[i].past.back())) {
            complaint_ = cat("block ", i, " does not hold what was acknowledged last");
            return false;
        }
        remember(i, *now);
    }
    coming_.reset();
    first_ = end_ = 0;
    return true;
}

Model::Mark Model::mark() const {
    Mark mark;
    for (const Block& block : blocks_) mark.push_back(block.forgotten + block.past.size() - 1);
    return mark;
}

void Model::flushed(const Mark& mark) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        Block& block = blocks_[i];
        const std::size_t old = mark[i] > block.forgotten ? mark[i] - block.forgotten : 0;
        block.past.erase(block.past.begin(), block.past.begin() + static_cast<std::ptrdiff_t>(old));
        block.forgotten += old;
    }
}

bool Model::adopt(const Read& read) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto now = fetch(i, read);
        if (!now) return false;
        const auto& past = blocks_[i].past;
        if (std::find(past.begin(), past.end(), *now) == past.end()) {
            complaint_ = cat("block ", i, " holds what it never held since the last flush");
            return false;
        }
    }
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto now = fetch(i, read);
        remember(i, *now);
        blocks_[i].past = {*now};
    }
    coming_.reset();
    first_ = end_ = 0;
    return true;
}

Extent Model::extent_of(std::size_t block) const {
    const std::uint64_t start = block * kBlockBytes;
    return {.offset_bytes = start, .length_bytes = std::min(kBlockBytes, bytes_.size() - start)};
}

Bytes Model::content(std::size_t block) const {
    const Extent extent = extent_of(block);
    const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(extent.offset_bytes);
    return {from, from + static_cast<std::ptrdiff_t>(extent.length_bytes)};
}

std::optional<Bytes> Model::fetch(std::size_t block, const Read& read) {
    const Extent extent = extent_of(block);
    Bytes bytes(extent.length_bytes);
    if (read(extent, bytes)) return bytes;
    complaint_ = cat("block ", block, " cannot be read");
    return std::nullopt;
}

// The page that a failed change left is newer than what the change would have been.
void Model::remember(std::size_t block, const Bytes& now) {
    if (blocks_[block].past.back() != now) blocks_[block].past.push_back(now);
    std::copy(now.begin(), now.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(extent_of(block).offset_bytes));
}

}  // namespace nbdroot::sim
