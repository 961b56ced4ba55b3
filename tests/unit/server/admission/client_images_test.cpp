#include "server/admission/client_images.h"

#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

using nbdroot::Result;
using nbdroot::server::admission::ClientImages;
using nbdroot::server::config::ExportConfig;
using nbdroot::server::export_::Export;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

struct Lab {
    BoundedLoop loop;
    nbdroot::Log log{nbdroot::Level::error, [](nbdroot::Level, std::string_view) {}};
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 2));
    int made = 0;
    ClientImages images{*pool, [this](const ExportConfig& wanted, Image image, const std::string&) {
                            ++made;
                            return std::make_shared<Export>(Export::Traits{.name = wanted.name},
                                                            std::move(image), *pool, log);
                        }};
    TemporaryFile file{"0123"};
    std::vector<Result<std::shared_ptr<Export>>> opened;

    void open(const ExportConfig& wanted) {
        images.open(wanted, [this](const auto& result) { opened.push_back(result); });
    }
    void run_until_opened(std::size_t count) {
        loop.run_until([&] { return opened.size() >= count; });
    }
    [[nodiscard]] ExportConfig config(bool read_only = true) const {
        return {.name = "x", .path = file.path(), .read_only = read_only};
    }
};

}  // namespace

TEST_CASE("clients of one address share an image, also while it is being opened") {
    Lab lab;
    lab.open(lab.config());
    lab.open(lab.config());
    lab.run_until_opened(2);
    lab.open(lab.config());  // at once
    REQUIRE(lab.opened.size() == 3);
    CHECK(lab.made == 1);
    CHECK(*lab.opened[0] == *lab.opened[1]);
    CHECK(*lab.opened[0] == *lab.opened[2]);
    auto other = lab.config();
    other.image_id = "said";
    lab.open(other);
    lab.run_until_opened(4);
    CHECK(*lab.opened[0] != *lab.opened[3]);
}

TEST_CASE("an image is gone with its last client, and the next one opens it anew") {
    Lab lab;
    lab.open(lab.config());
    lab.run_until_opened(1);
    const std::weak_ptr<Export> first = *lab.opened[0];
    lab.opened.clear();
    lab.loop.run_until([&] { return first.expired(); });
    lab.open(lab.config());
    lab.run_until_opened(1);
    CHECK(lab.made == 2);
}

TEST_CASE("an image that is not there is an error, and is tried again for the next client") {
    Lab lab;
    auto missing = lab.config();
    missing.path += ".missing";
    lab.open(missing);
    lab.run_until_opened(1);
    CHECK(lab.opened[0].error().reason == "No such file or directory");
    lab.open(missing);
    lab.run_until_opened(2);
    CHECK_FALSE(lab.opened[1]);
}

TEST_CASE("an image that somebody else writes is refused") {
    Lab lab;
    const auto other = Image::open(lab.file.path(), nbdroot::server::storage::Access::writable);
    REQUIRE(other);
    REQUIRE(other->claim());
    lab.open(lab.config(false));
    lab.run_until_opened(1);
    CHECK_FALSE(lab.opened[0]);
    CHECK(lab.made == 0);
}
