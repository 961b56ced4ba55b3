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
// Then it is somebody else's turn.
constexpr std::uint64_t kTurnBytes = std::uint64_t{64} << 20;

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

class Job {
public:
    Job(const export_::Export& target, const Hashes& wanted,
        std::shared_ptr<const std::atomic<bool>> is_gone)
        : source_(target),
          wanted_(wanted),
          is_gone_(std::move(is_gone)),
          hasher_(wanted.algorithm),
          at_(wanted.offset_bytes),
          end_(wanted.offset_bytes + wanted.length_bytes) {}

    // For a turn.
    void run() {
        outcome_ = fail("hash", "", "no memory", ENOMEM);  // where that ends it
        outcome_ = go_on();
    }
    [[nodiscard]] bool is_over() const { return !outcome_ || at_ == end_; }
    [[nodiscard]] Result<std::vector<std::string>> take() {
        if (!outcome_) return tl::unexpected(outcome_.error());
        return std::move(hashes_);
    }

private:
    Result<void> go_on();

    Source source_;
    Hashes wanted_;
    std::shared_ptr<const std::atomic<bool>> is_gone_;
    BlockHasher hasher_;
    std::uint64_t at_;
    std::uint64_t end_;
    std::vector<std::string> hashes_;
    Result<void> outcome_;
};

Result<void> Job::go_on() {
    storage::Buffer buffer(kPieceBytes);
    const std::uint64_t turn_end = at_ + std::min(kTurnBytes, end_ - at_);
    while (at_ < turn_end) {
        if (*is_gone_) return fail("hash", "", "nobody waits for it any more", ECANCELED);
        const std::uint64_t block = wanted_.offset_bytes + hashes_.size() * wanted_.block_bytes;
        const std::uint64_t block_end = block + std::min(wanted_.block_bytes, end_ - block);
        const std::uint64_t most = std::min<std::uint64_t>(block_end - at_, buffer.size());
        const ByteSpan piece = buffer.span().first(most);
        NBDROOT_CHECK(source_.read(at_, piece));
        hasher_.add(piece);
        at_ += most;
        if (at_ == block_end) hashes_.push_back(hasher_.finish());
    }
    return {};
}

// One turn after the other, with those of other jobs in between.
void submit(storage::WorkerPool& pool, const std::shared_ptr<Job>& job, HashesDone done) {
    pool.submit({.work = [job] { job->run(); },
                 .done =
                     [&pool, job, done = std::move(done)] {
                         if (job->is_over()) return done(job->take());
                         submit(pool, job, done);
                     }});
}

}  // namespace

void begin_hashing(storage::WorkerPool& pool, const export_::Export& target, const Hashes& wanted,
                   std::shared_ptr<const std::atomic<bool>> is_gone, HashesDone done) {
    submit(pool, std::make_shared<Job>(target, wanted, std::move(is_gone)), std::move(done));
}

}  // namespace nbdroot::server::service
