// The sizes that are promised: metadata of a large image that is written thinly.
#include "lib/base/text.h"
#include "server/storage/overlay/overlay.h"
#include "tests/sim/random.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::server::storage::overlay;

namespace {

// Keeps the map, and drops the data.
class ForgetfulFile final : public File {
public:
    Result<std::uint64_t> size() const override { return size_; }
    Result<void> resize(std::uint64_t bytes) override {
        size_ = bytes;
        return {};
    }
    Result<void> read(std::uint64_t offset, ByteSpan into) const override {
        REQUIRE(offset + into.size() <= bytes_.size());
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(),
                    into.begin());
        return {};
    }
    sys::CachedRead read_cached(std::uint64_t, ByteSpan) const override {
        return sys::CachedRead::not_cached;
    }
    Result<void> write(std::uint64_t offset, ByteView bytes) override {
        if (size_ > 0) return {};
        if (bytes_.size() < offset + bytes.size()) bytes_.resize(offset + bytes.size());
        std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
        return {};
    }
    Result<void> punch(Extent) override { return {}; }
    Result<void> sync() override { return {}; }
    sys::Stretch stretch_at(Extent extent) const override {
        return {.length_bytes = extent.length_bytes};
    }
    Result<void> prefetch(Extent) const override { return {}; }

private:
    std::uint64_t size_ = 0;  // of the data; the map is never resized
    Bytes bytes_;
};

class ForgetfulStore final : public Store {
public:
    Result<std::shared_ptr<File>> open(Part) override { return create(Part::map); }
    Result<std::shared_ptr<File>> create(Part) override {
        return std::make_shared<ForgetfulFile>();
    }
    Result<void> remove(Part) override { return {}; }
    Result<void> replace_map() override { return {}; }
    Result<void> sync_names() override { return {}; }
};

Result<void> no_base(std::uint64_t, ByteSpan) { return {}; }

}  // namespace

TEST_CASE("1 GiB written randomly in 100 GiB takes less than 2 MiB of map, on disk and in memory") {
    constexpr std::uint64_t kImageBytes = std::uint64_t{100} << 30;
    constexpr std::uint64_t kWritten = std::uint64_t{1} << 30;
    constexpr std::uint64_t kLimit = 2 << 20;
    auto overlay =
        Overlay::create(std::make_shared<ForgetfulStore>(),
                        OverlayIdentity{.base_id = "x", .image_bytes = kImageBytes}, {}, no_base);
    REQUIRE(overlay);
    sim::Random random(1);
    const Bytes block(kBlockBytes);
    std::uint64_t most = 0;
    unsigned compactions = 0;
    while ((*overlay)->used_bytes() < kWritten) {
        REQUIRE((*overlay)->write(random.below(kImageBytes / kBlockBytes) * kBlockBytes, block));
        most = std::max(most, (*overlay)->map_file_bytes());
        if (!(*overlay)->wants_compaction()) continue;
        REQUIRE((*overlay)->compact());
        ++compactions;
    }
    const std::uint64_t memory = (*overlay)->map_memory_bytes();
    CHECK(most <= kLimit);
    CHECK(memory <= kLimit);
    REQUIRE((*overlay)->compact());
    const std::uint64_t compacted = (*overlay)->map_file_bytes();
    CHECK(compacted <= kLimit / 2);
    SUCCEED(cat("map file ", compacted, " B compacted, ", most, " B at most, ", compactions,
                " compactions; in memory ", memory, " B"));
}
