#include "server/service/hash_work.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/service/block_hasher.h"
#include "server/storage/buffer.h"

namespace nbdroot::server::service {
namespace {

// Read at once: it stays in a processor's own cache until it is hashed.
constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;

using Hashes = protocol::service::Hashes;

// Its bytes, for as long as it is there: a machine's next boot does not wait until its overlay has
// been hashed, nor until it is the turn of that.
class Source {
public:
    explicit Source(const export_::Export& target)
        : image_(target.shared_image()),
          overlay_(target.disk().overlay()),
          has_overlay_(target.disk().overlay() != nullptr) {}

    Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const {
        if (!has_overlay_) return image_->read(offset_bytes, into);
        const auto overlay = overlay_.lock();
        if (overlay) return overlay->read(offset_bytes, into);
        return fail("hash", "", "the machine's overlay has been closed meanwhile", ECANCELED);
    }

private:
    std::shared_ptr<const storage::Image> image_;
    std::weak_ptr<const storage::overlay::Overlay> overlay_;
    bool has_overlay_;
};

struct Job {
    Source source;
    Hashes wanted;
    std::shared_ptr<const std::atomic<bool>> is_gone;
    Result<std::vector<std::string>> result = fail("hash", "", "no memory for it", ENOMEM);

    Result<std::vector<std::string>> run() const;
    Result<void> add(BlockHasher& hasher, storage::Extent block, storage::Buffer& buffer) const;
};

Result<void> Job::add(BlockHasher& hasher, storage::Extent block, storage::Buffer& buffer) const {
    while (block.length_bytes > 0) {
        if (*is_gone) return fail("hash", "", "nobody waits for it any more", ECANCELED);
        const std::size_t count = std::min<std::uint64_t>(block.length_bytes, buffer.size());
        const ByteSpan piece = buffer.span().first(count);
        NBDROOT_CHECK(source.read(block.offset_bytes, piece));
        hasher.add(piece);
        block.offset_bytes += count;
        block.length_bytes -= count;
    }
    return {};
}

Result<std::vector<std::string>> Job::run() const {
    storage::Buffer buffer(kPieceBytes);
    BlockHasher hasher(wanted.algorithm);
    std::vector<std::string> hashes;
    const std::uint64_t end = wanted.offset_bytes + wanted.length_bytes;
    for (std::uint64_t at = wanted.offset_bytes; at < end;) {
        const std::uint64_t count = std::min(wanted.block_bytes, end - at);
        NBDROOT_CHECK(add(hasher, {.offset_bytes = at, .length_bytes = count}, buffer));
        hashes.push_back(hasher.finish());
        at += count;
    }
    return hashes;
}

}  // namespace

void begin_hashing(storage::WorkerPool& pool, const export_::Export& target, const Hashes& wanted,
                   std::shared_ptr<const std::atomic<bool>> is_gone, HashesDone done) {
    auto job = std::make_shared<Job>(
        Job{.source = Source(target), .wanted = wanted, .is_gone = std::move(is_gone)});
    pool.submit({.work = [job] { job->result = job->run(); },
                 .done = [job, done = std::move(done)] { done(job->result); }});
}

}  // namespace nbdroot::server::service
