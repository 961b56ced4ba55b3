#include "server/service/hash_work.h"

#include <cerrno>
#include <future>

#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_disk.h"

using namespace nbdroot::test;
using nbdroot::Bytes;
using nbdroot::ByteSpan;
using nbdroot::Log;
using nbdroot::Result;
using nbdroot::protocol::service::Hashes;
using nbdroot::server::export_::Export;
using nbdroot::server::service::begin_hashing;
using nbdroot::server::storage::WorkerPool;

namespace {

constexpr std::size_t kImageBytes = std::size_t{1} << 20;

struct Scene {
    BoundedLoop loop;
    Log log{nbdroot::Level::error, [](nbdroot::Level, std::string_view) {}};
    TemporaryDisk disk{kImageBytes};
    std::promise<void> begun;
    std::promise<void> go_on;
    bool waits = false;  // the first read of the image
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 1));
    std::shared_ptr<Export> target =
        std::make_shared<Export>(Export::Traits{.name = "debian"},
                                 disk.disk(nullptr,
                                           [this](std::uint64_t, ByteSpan into) -> Result<void> {
                                               if (std::exchange(waits, false)) {
                                                   begun.set_value();
                                                   go_on.get_future().wait();
                                               }
                                               std::fill(into.begin(), into.end(), std::byte{'b'});
                                               return {};
                                           }),
                                 *pool, log);
    std::optional<Result<std::vector<std::string>>> result;

    void begin() {
        begin_hashing(*pool, *target, {.length_bytes = kImageBytes, .block_bytes = kImageBytes},
                      std::make_shared<std::atomic<bool>>(false),
                      [this](const auto& hashes) { result = hashes; });
    }
    void wait() {
        loop.run_until([this] { return result.has_value(); });
    }
};

}  // namespace

TEST_CASE("a machine's overlay is hashed while it is open") {
    Scene scene;
    scene.begin();
    scene.wait();
    REQUIRE(*scene.result);
    CHECK((*scene.result)->size() == 1);
}

TEST_CASE("an overlay that is closed is not kept open by a hash, and the hash ends") {
    Scene scene;
    const std::weak_ptr<const void> overlay = scene.target->disk().overlay();
    scene.waits = true;
    scene.begin();
    scene.begun.get_future().wait();
    scene.target.reset();
    scene.go_on.set_value();
    scene.wait();
    REQUIRE_FALSE(*scene.result);
    CHECK(scene.result->error().code == ECANCELED);
    CHECK(overlay.expired());
}

TEST_CASE("an overlay that is closed is not kept open by a hash that has to wait its turn") {
    Scene scene;
    const std::weak_ptr<const void> overlay = scene.target->disk().overlay();
    scene.pool->submit({.work = [&] { scene.go_on.get_future().wait(); }, .done = [] {}});
    scene.begin();
    scene.target.reset();
    CHECK(overlay.expired());
    scene.go_on.set_value();
    scene.wait();
    CHECK(scene.result->error().code == ECANCELED);
}

TEST_CASE("a long hash lets others have their turn") {
    Scene scene;
    const std::uint64_t long_bytes = std::uint64_t{200} << 20;
    TemporaryFile file("");
    REQUIRE(::truncate(file.path().c_str(), static_cast<off_t>(long_bytes)) == 0);
    const auto image =
        std::make_shared<Export>(Export::Traits{.name = "long"},
                                 std::move(*nbdroot::server::storage::Image::open(
                                     file.path(), nbdroot::server::storage::Access::read_only)),
                                 *scene.pool, scene.log);
    std::vector<std::string> ended;
    std::vector<std::string> hashes;
    const auto hash = [&](const Export& target, std::uint64_t length, const std::string& name) {
        begin_hashing(*scene.pool, target, {.length_bytes = length, .block_bytes = length / 2},
                      std::make_shared<std::atomic<bool>>(false), [&, name](const auto& result) {
                          REQUIRE(result);
                          hashes = *result;
                          ended.push_back(name);
                      });
    };
    hash(*image, long_bytes, "long");
    hash(*scene.target, kImageBytes, "short");
    scene.loop.run_until([&] { return ended.size() == 2; });
    CHECK(ended == std::vector<std::string>{"short", "long"});
    CHECK(hashes.size() == 2);
    CHECK(hashes[0] == hashes[1]);  // zeroes, over the ends of turns
}
