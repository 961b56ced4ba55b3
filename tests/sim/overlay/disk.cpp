#include "tests/sim/overlay/disk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace nbdroot::sim {
namespace {

constexpr std::uint64_t kPage = 4096;

Failure io_error() { return fail("write", "simulated disk", "Input/output error", EIO); }

}  // namespace

class SimFile final : public File {
public:
    SimFile(Disk& disk, std::shared_ptr<Inode> inode) : disk_(disk), inode_(std::move(inode)) {}

    Result<std::uint64_t> size() const override { return inode_->bytes.size(); }

    Result<void> resize(std::uint64_t bytes) override {
        NBDROOT_CHECK(disk_.change_whole());
        inode_->bytes.resize(bytes);
        return {};
    }

    Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const override {
        if (disk_.is_dead()) return io_error();
        const Bytes& bytes = inode_->bytes;
        if (offset_bytes > bytes.size() || into.size() > bytes.size() - offset_bytes) {
            return fail("read", "simulated disk", "the file ends before", ENODATA);
        }
        if (!into.empty()) std::memcpy(into.data(), bytes.data() + offset_bytes, into.size());
        return {};
    }

    sys::CachedRead read_cached(std::uint64_t offset_bytes, ByteSpan into) const override {
        return read(offset_bytes, into) ? sys::CachedRead::done : sys::CachedRead::not_cached;
    }

    Result<void> write(std::uint64_t offset_bytes, ByteView bytes) override {
        const std::uint64_t pages = (offset_bytes % kPage + bytes.size() + kPage - 1) / kPage;
        const auto fate = disk_.change();
        const std::uint64_t done = fate == Disk::Fate::works ? pages : disk_.random_.below(pages);
        for (std::uint64_t i = 0; i < done; ++i) {
            const std::uint64_t within = offset_bytes % kPage;
            const ByteView piece =
                bytes.first(std::min<std::uint64_t>(bytes.size(), kPage - within));
            disk_.put_halves(*inode_, offset_bytes / kPage, within, piece);
            bytes = bytes.subspan(piece.size());
            offset_bytes += piece.size();
        }
        if (fate == Disk::Fate::works) return {};
        return io_error();
    }

    Result<void> punch(Extent extent) override {
        NBDROOT_CHECK(disk_.change_whole());
        const std::uint64_t end = std::min<std::uint64_t>(extent.offset_bytes + extent.length_bytes,
                                                          inode_->bytes.size());
        for (std::uint64_t at = extent.offset_bytes; at < end; at += kPage) {
            const Bytes zeroes(std::min(kPage, end - at));
            disk_.put_page(*inode_, at / kPage, 0, zeroes);
        }
        return {};
    }

    Result<void> sync() override {
        const bool tells_first = disk_.random_.one_in(2);
        if (tells_first) disk_.tell_of_sync();
        if (auto changed = disk_.change_whole(); !changed) {
            if (disk_.is_dead()) return changed;
            disk_.spares_next_ = true;
            for (auto& [page, versions] : inode_->versions) {
                inode_->lost[page].insert(inode_->lost[page].end(), versions.begin(),
                                          versions.end());
            }
            inode_->versions.clear();
            return changed;
        }
        for (const auto& [page, versions] : inode_->versions) inode_->lost.erase(page);
        inode_->versions.clear();
        inode_->synced_size = inode_->bytes.size();
        if (!tells_first) disk_.tell_of_sync();
        return {};
    }

    sys::Stretch stretch_at(Extent extent) const override {
        return {.length_bytes = extent.length_bytes};
    }
    Result<void> prefetch(Extent) const override { return {}; }

private:
    Disk& disk_;
    std::shared_ptr<Inode> inode_;
};

class SimStore final : public Store {
public:
    explicit SimStore(Disk& disk) : disk_(disk) {}

    Result<std::shared_ptr<File>> open(Part part) override {
        const auto& inode = disk_.names()[index(part)];
        if (!inode) return fail("open", "simulated disk", "No such file or directory", ENOENT);
        return std::make_shared<SimFile>(disk_, inode);
    }

    Result<std::shared_ptr<File>> create(Part part) override {
        NBDROOT_CHECK(disk_.change_whole());
        Disk::Names names = disk_.names();
        names[index(part)] = std::make_shared<Inode>();
        disk_.rename(names);
        return open(part);
    }

    Result<void> remove(Part part) override {
        NBDROOT_CHECK(disk_.change_whole());
        Disk::Names names = disk_.names();
        names[index(part)].reset();
        disk_.rename(names);
        return {};
    }

    Result<void> replace_map() override {
        NBDROOT_CHECK(disk_.change_whole());
        Disk::Names names = disk_.names();
        names[index(Part::map)] = std::move(names[index(Part::new_map)]);
        names[index(Part::new_map)].reset();
        disk_.rename(names);
        return {};
    }

    Result<void> sync_names() override {
        NBDROOT_CHECK(disk_.change_whole());
        disk_.names_ = {disk_.names()};
        return {};
    }

private:
    static std::size_t index(Part part) { return static_cast<std::size_t>(part); }

    Disk& disk_;
};

std::shared_ptr<Store> Disk::store() { return std::make_shared<SimStore>(*this); }

Disk::Fate Disk::change() {
    if (is_dead()) return Fate::fails;
    if (std::exchange(spares_next_, false)) return Fate::works;
    if (changes_left_ && --*changes_left_ == 0) return Fate::dies;
    if (fails_one_in_ == 0 || !random_.one_in(fails_one_in_)) return Fate::works;
    ++faults_;
    return Fate::fails;
}

Result<void> Disk::change_whole() {
    if (is_dead()) return io_error();
    switch (change()) {
        case Fate::works:
            return {};
        case Fate::dies:
            // Done, or not done: nobody is told any more.
            if (random_.one_in(2)) return {};
            return io_error();
        case Fate::fails:
            break;
    }
    return io_error();
}

void Disk::tell_of_sync() {
    if (syncs_to_tell_ == 0 || is_dead()) return;
    --syncs_to_tell_;
    const unsigned later = std::exchange(syncs_to_tell_, 0);  // not from within
    during_sync_();
    syncs_to_tell_ = later;
}

void Disk::put_halves(Inode& inode, std::uint64_t page, std::uint64_t within, ByteView bytes) {
    if (!during_write_) return put_page(inode, page, within, bytes);
    const std::size_t half = bytes.size() / 2;
    put_page(inode, page, within, bytes.first(half));
    during_write_();
    put_page(inode, page, within + half, bytes.subspan(half));
    during_write_();
}

void Disk::put_page(Inode& inode, std::uint64_t page, std::uint64_t within, ByteView bytes) {
    const std::uint64_t start = page * kPage;
    const std::uint64_t end = start + within + bytes.size();
    const auto content = [&] {
        const std::uint64_t length = std::min<std::uint64_t>(kPage, inode.bytes.size() - start);
        const auto from = inode.bytes.begin() + static_cast<std::ptrdiff_t>(start);
        return Bytes(from, from + static_cast<std::ptrdiff_t>(length));
    };
    const bool is_new = inode.bytes.size() <= start;
    auto& versions = inode.versions[page];
    if (versions.empty()) versions.push_back(is_new ? Bytes() : content());
    if (inode.bytes.size() < end) inode.bytes.resize(end);
    std::copy(bytes.begin(), bytes.end(),
              inode.bytes.begin() + static_cast<std::ptrdiff_t>(start + within));
    versions.push_back(content());
}

void Disk::lose_pages(Inode& inode, const Inode::Versions& all) {
    for (const auto& [page, versions] : all) {
        std::size_t which = random_.below(versions.size());
        if (random_.one_in(3)) which = 0;
        if (random_.one_in(3)) which = versions.size() - 1;
        Bytes content = versions[which];
        const std::uint64_t start = page * kPage;
        content.resize(std::min<std::uint64_t>(kPage, inode.bytes.size() - start));
        std::copy(content.begin(), content.end(),
                  inode.bytes.begin() + static_cast<std::ptrdiff_t>(start));
    }
}

void Disk::crash(Inode& inode) {
    lose_pages(inode, inode.versions);
    lose_pages(inode, inode.lost);
    const std::uint64_t low = std::min<std::uint64_t>(inode.synced_size, inode.bytes.size());
    const std::uint64_t high = std::max<std::uint64_t>(inode.synced_size, inode.bytes.size());
    const std::uint64_t size = random_.one_in(2) ? high : random_.between(low, high);
    inode.bytes.resize(size);
    inode.synced_size = size;
    inode.versions.clear();
    inode.lost.clear();
}

void Disk::crash() {
    names_ = {names_[random_.below(names_.size())]};
    for (auto& inode : names_.back()) {
        if (inode) crash(*inode);
    }
}

}  // namespace nbdroot::sim
