// The files of an overlay on a file system that is full while a test says so.
#pragma once

#include <atomic>
#include <cerrno>
#include <memory>
#include <utility>

#include "server/storage/overlay/store.h"

namespace nbdroot::test {

class FullStore final : public server::storage::overlay::Store {
public:
    using File = server::storage::overlay::File;
    using Full = std::shared_ptr<std::atomic<bool>>;

    FullStore(std::shared_ptr<Store> store, Full full)
        : store_(std::move(store)), full_(std::move(full)) {}

    Result<std::shared_ptr<File>> open(Part part) override {
        return wrap(NBDROOT_TRY(store_->open(part)));
    }
    Result<std::shared_ptr<File>> create(Part part) override {
        return wrap(NBDROOT_TRY(store_->create(part)));
    }
    Result<void> remove(Part part) override { return store_->remove(part); }
    Result<void> replace_map() override { return store_->replace_map(); }
    Result<void> sync_names() override { return store_->sync_names(); }

private:
    class FullFile final : public File {
    public:
        FullFile(std::shared_ptr<File> file, Full full)
            : file_(std::move(file)), full_(std::move(full)) {}

        Result<std::uint64_t> size() const override { return file_->size(); }
        Result<void> resize(std::uint64_t bytes) override { return file_->resize(bytes); }
        Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const override {
            return file_->read(offset_bytes, into);
        }
        sys::CachedRead read_cached(std::uint64_t offset_bytes, ByteSpan into) const override {
            return file_->read_cached(offset_bytes, into);
        }
        Result<void> write(std::uint64_t offset_bytes, ByteView bytes) override {
            if (*full_) return fail("write", "overlay", "No space left on device", ENOSPC);
            return file_->write(offset_bytes, bytes);
        }
        Result<void> punch(sys::Extent extent) override { return file_->punch(extent); }
        Result<void> sync() override { return file_->sync(); }
        sys::Stretch stretch_at(sys::Extent extent) const override {
            return file_->stretch_at(extent);
        }
        Result<void> prefetch(sys::Extent extent) const override { return file_->prefetch(extent); }

    private:
        std::shared_ptr<File> file_;
        Full full_;
    };

    [[nodiscard]] std::shared_ptr<File> wrap(std::shared_ptr<File> file) const {
        return std::make_shared<FullFile>(std::move(file), full_);
    }

    std::shared_ptr<Store> store_;
    Full full_;
};

}  // namespace nbdroot::test
