#include "server/merkle/roots.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "server/merkle/root_work.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

namespace nbdroot::server::merkle {
namespace {

using export_::Export;
using storage::Access;
using storage::Image;
using storage::WorkerPool;
using test::TemporaryFile;

struct Fixture {
    test::BoundedLoop loop;
    std::vector<std::string> lines;
    Log log{Level::info, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    TemporaryFile file{std::string(300'000, 'x')};
    export_::ExportTable table;
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 1));
    std::unique_ptr<WorkerPool> idle = std::move(*WorkerPool::start(loop.get(), 1));
    std::unique_ptr<Roots> roots;

    ~Fixture() { ::unlink((file.path() + ".merkle").c_str()); }

    std::shared_ptr<Export> make(const std::string& name, Access access = Access::read_only) {
        return std::make_shared<Export>(Export::Traits{.name = name, .image_id = "id"},
                                        std::move(*Image::open(file.path(), access)), *pool, log);
    }
    std::shared_ptr<Export> add(const std::string& name, Access access = Access::read_only) {
        auto target = make(name, access);
        table.add(name, target);
        return target;
    }
    // Looks every 20 ms: what a test changes, it changes by more than a tick of the clock.
    void begin() {
        roots = std::make_unique<Roots>(Roots::World{.loop = loop.get(),
                                                     .pool = *pool,
                                                     .idle_pool = *idle,
                                                     .log = log,
                                                     .exports = table,
                                                     .interval = std::chrono::milliseconds(20)});
        roots->begin("");
    }
    RootView await(const Export& target, RootState state) {
        loop.run_until([&] { return roots->view(target.image()).state == state; });
        return roots->view(target.image());
    }
    std::string right_root(const Export& target) const {
        const auto root = compute_root(target.image(), [](std::uint64_t) { return true; });
        return cat("merkle-sha256-64k:", base::hex(*root));
    }
    void write(const std::string& text) const {
        const sys::Fd fd = std::move(*sys::open_file(file.path(), O_WRONLY));
        REQUIRE(sys::write_all(fd.get(), base::as_bytes(text), file.path()));
    }
    [[nodiscard]] bool has_line(const std::string& part) const {
        return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.find(part) != std::string::npos;
        });
    }
};

}  // namespace

TEST_CASE("the root of an image is computed, told and kept") {
    Fixture f;
    const auto target = f.add("a");
    f.begin();
    CHECK(f.roots->view(target->image()).state == RootState::waiting);
    CHECK(f.roots->root_of(target->image()).empty());
    const RootView view = f.await(*target, RootState::known);
    CHECK(view.root == f.right_root(*target));
    CHECK(f.roots->root_of(target->image()) == view.root);
    CHECK(f.has_line("kept in " + f.file.path() + ".merkle"));
}

TEST_CASE("a kept root is known before the first client comes, and not computed again") {
    Fixture f;
    const auto target = f.add("a");
    f.begin();
    const std::string root = f.await(*target, RootState::known).root;
    f.lines.clear();
    f.begin();
    CHECK(f.roots->root_of(target->image()) == root);
    CHECK(f.lines.empty());
}

TEST_CASE("the root of a file that was changed is never told, and computed anew") {
    Fixture f;
    const auto target = f.add("a");
    f.begin();
    const std::string root = f.await(*target, RootState::known).root;
    f.write("changed");
    CHECK(f.roots->root_of(target->image()).empty());
    CHECK(f.roots->view(target->image()).state != RootState::known);
    const std::string next = f.await(*target, RootState::known).root;
    CHECK(next != root);
    CHECK(next == f.right_root(*target));
    CHECK(f.has_line("has changed: its Merkle root is computed anew"));
}

TEST_CASE("times that were put back deceive nobody") {
    Fixture f;
    const auto target = f.add("a");
    f.begin();
    (void)f.await(*target, RootState::known);
    struct stat before {};
    REQUIRE(::stat(f.file.path().c_str(), &before) == 0);
    f.write("changed");
    const timespec times[] = {before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, f.file.path().c_str(), times, 0) == 0);
    CHECK(f.roots->root_of(target->image()).empty());
    CHECK(f.await(*target, RootState::known).root == f.right_root(*target));
}

TEST_CASE("an image that is written in place has no root") {
    Fixture f;
    const auto target = f.add("a", Access::writable);
    f.begin();
    const RootView view = f.roots->view(target->image());
    CHECK(view.state == RootState::none);
    CHECK(view.reason == "it is written in place, so that no root would stay true");
}

TEST_CASE("a file that two exports have is read once, and former images have roots, too") {
    Fixture f;
    const auto first = f.add("a");
    const auto second = f.add("b");
    const auto former = f.make("a");
    f.table.keep_former("a", former);
    f.begin();
    const std::string root = f.await(*first, RootState::known).root;
    CHECK(f.await(*second, RootState::known).root == root);
    CHECK(f.await(*former, RootState::known).root == root);
    CHECK(std::count_if(f.lines.begin(), f.lines.end(), [](const std::string& line) {
              return line.find("computed in") != std::string::npos;
          }) == 1);
}

TEST_CASE("a file that cannot be read has no root, and says why") {
    Fixture f;
    const auto target = f.add("a");
    REQUIRE(::truncate(f.file.path().c_str(), 10) == 0);
    f.begin();
    const RootView view = f.await(*target, RootState::failed);
    CHECK(view.reason.find(f.file.path()) != std::string::npos);
    CHECK(f.has_line("Merkle root: "));
}

TEST_CASE("work that nobody waits for ends with its owner, or with its export") {
    Fixture f;
    const auto target = f.add("a");
    f.begin();
    (void)f.await(*target, RootState::known);
    f.table.replace_target("a", f.make("a"));
    f.write("changed");
    f.loop.run_until([&] { return f.roots->view(target->image()).state == RootState::waiting; });
    f.roots.reset();
    f.idle.reset();
    SUCCEED("it has not hung");
}

}  // namespace nbdroot::server::merkle
