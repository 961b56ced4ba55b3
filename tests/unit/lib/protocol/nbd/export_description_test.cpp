#include "lib/protocol/nbd/export_description.h"

#include "tests/support/catch.h"

using nbdroot::protocol::nbd::ExportDescription;
using nbdroot::protocol::nbd::kLongestVersion;
using nbdroot::protocol::nbd::parse_export_description;

namespace {

const std::string kDigits = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kRoot = "merkle-sha256-64k:" + kDigits;
const std::string kSoftware = "nbd-rootserver 0.1.0";

}  // namespace

TEST_CASE("what a description was made of is found in it") {
    const auto [description, text] = GENERATE(table<ExportDescription, std::string>({
        {{}, ""},
        {{.software = kSoftware}, kSoftware},
        {{.image_root = kRoot}, "image " + kRoot},
        {{.software = kSoftware, .image_root = kRoot}, kSoftware + "; image " + kRoot},
    }));
    CHECK(to_text(description) == text);
    CHECK(parse_export_description(text) == description);
}

TEST_CASE("words of an operator, or of a later release, hide neither root nor software") {
    CHECK(parse_export_description(kRoot + " of Debian 12").image_root == kRoot);
    CHECK(parse_export_description(kSoftware + "; new: word; image " + kRoot) ==
          ExportDescription{.software = kSoftware, .image_root = kRoot});
    CHECK(parse_export_description(kSoftware + ";").software == kSoftware);
    const std::string longest = "nbd-rootserver " + std::string(kLongestVersion, '1');
    CHECK(parse_export_description(longest).software == longest);
}

TEST_CASE("what is no root of this form proves nothing") {
    const auto text = GENERATE_COPY(
        std::string(), std::string("Debian 12"), kDigits, "merkle-sha256-1m:" + kDigits,
        kRoot.substr(0, kRoot.size() - 1), kRoot + "0", "merkle-sha256-64k:" + std::string(64, 'g'),
        "merkle-sha256-64k:" + std::string(64, 'A'), "x" + kRoot, "merkle-sha256-64k: " + kDigits,
        std::string("merkle-sha256-64k:"));
    CAPTURE(text);
    CHECK(parse_export_description(text).image_root.empty());
}

TEST_CASE("what is no software of this project is none") {
    const auto text =
        GENERATE_COPY(std::string("Debian 12"), std::string("nbd-rootserver"),
                      std::string("nbd-rootserver "), std::string("nbd-rootserver x"),
                      std::string("nbd-rootserver 1 or so"), std::string("nbd-rootserver  1"),
                      std::string(" nbd-rootserver 1"), std::string("the nbd-rootserver 1"),
                      std::string("nbd-rootserver 1\x1b[2J"), std::string("nbd-rootserver 1\n"),
                      "nbd-rootserver " + std::string(kLongestVersion + 1, '1'));
    CAPTURE(text);
    CHECK(parse_export_description(text).software.empty());
}
