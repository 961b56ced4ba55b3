#include "lib/protocol/nbd/image_root.h"

#include "tests/support/catch.h"

using nbdroot::protocol::nbd::describe_image_root;
using nbdroot::protocol::nbd::image_root_of;

namespace {

const std::string kDigits = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kRoot = "merkle-sha256-64k:" + kDigits;

}  // namespace

TEST_CASE("a root is found in the description that was made of it") {
    CHECK(describe_image_root(kRoot) == "image " + kRoot);
    CHECK(image_root_of(describe_image_root(kRoot)) == kRoot);
    CHECK(image_root_of(kRoot + " of Debian 12") == kRoot);
    CHECK(describe_image_root("").empty());
}

TEST_CASE("what is no root of this form proves nothing") {
    const auto text = GENERATE_COPY(
        std::string(), std::string("Debian 12"), kDigits, "merkle-sha256-1m:" + kDigits,
        kRoot.substr(0, kRoot.size() - 1), kRoot + "0", "merkle-sha256-64k:" + std::string(64, 'g'),
        "merkle-sha256-64k:" + std::string(64, 'A'), "x" + kRoot, "merkle-sha256-64k: " + kDigits,
        std::string("merkle-sha256-64k:"));
    CAPTURE(text);
    CHECK(image_root_of(text).empty());
}
