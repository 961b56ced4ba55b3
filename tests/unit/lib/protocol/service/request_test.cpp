#include "lib/protocol/service/request.h"

#include "lib/base/text.h"
#include "lib/protocol/service/window.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::protocol::service;

namespace {

std::string complaint_about(std::string_view text) {
    const auto request = parse_request(text);
    return request ? "none" : request.error().reason;
}

std::string hashes(std::string_view offset, std::string_view length, std::string_view block) {
    return cat(R"({"hash":"sha256","offset":)", offset, R"(,"length":)", length, R"(,"block":)",
               block, "}");
}

}  // namespace

TEST_CASE("a request is read as it was written") {
    const Request request =
        GENERATE(Request(Words{{"status"}}), Request(Words{{"a", "", "\"b\" \\c", "\xc3\xa4"}}),
                 Request(Hashes{Algorithm::sha256, 0, 1, 1}),
                 Request(Hashes{Algorithm::xxh3, std::uint64_t{1} << 40, 64 * 4096, 4096}));
    const auto read = parse_request(to_json(request));
    REQUIRE(read);
    CHECK(*read == request);
}

TEST_CASE("what is no request is refused") {
    const auto [text, complaint] = GENERATE(table<std::string, const char*>({
        {"", "no value begins here (byte 0)"},
        {"[]", "it is no object"},
        {"{}", "it has neither words nor hash"},
        {R"({"words":"status"})", "it has neither words nor hash"},
        {R"({"words":[]})", "there is no command"},
        {R"({"words":[""]})", "there is no command"},
        {R"({"words":["a",1]})", "a word is no string"},
        {R"({"words":["a\u0000b"]})", "a word holds a byte of value 0"},
        {"{\"words\":[\"a\xcd\"]}", "a word is not UTF-8"},
        {R"({"hash":"md5"})", "an unknown algorithm; there are sha256 and xxh3"},
        {R"({"hash":"sha256"})", "offset is no number of bytes"},
        {hashes("-1", "1", "1"), "offset is no number of bytes"},
        {hashes("0", "\"1\"", "1"), "length is no number of bytes"},
        {hashes("0", "1", "null"), "block is no number of bytes"},
        {hashes("0", "0", "1"), "a range of no bytes has no hash"},
        {hashes("0", "1", "0"), "a block has at least 1 byte"},
        {hashes("9223372036854775807", "1", "1"), "the range ends beyond 2^63 bytes"},
        {hashes("0", "65", "1"), "65 blocks, at most 64 are hashed at once"},
        {hashes("0", "9223372036854775807", "1"),
         "9223372036854775807 blocks, at most 64 are hashed at once"},
        {std::string(kMaximumRequest + 1, ' '), "is longer than 8 KiB (byte 0)"},
    }));
    CHECK(complaint_about(text) == complaint);
}

TEST_CASE("a command longer than its limit is refused") {
    CHECK(check(Words{{std::string(kMaximumWordBytes, 'a')}}));
    CHECK_FALSE(check(Words{{std::string(kMaximumWordBytes, 'a'), "b"}}));
    CHECK(check(Words{std::vector<std::string>(kMaximumWords, "a")}));
    CHECK_FALSE(check(Words{std::vector<std::string>(kMaximumWords + 1, "a")}));
}

TEST_CASE("the last block of a range may be short") {
    CHECK(Hashes{Algorithm::xxh3, 0, 4096, 4096}.blocks() == 1);
    CHECK(Hashes{Algorithm::xxh3, 0, 4097, 4096}.blocks() == 2);
    CHECK(Hashes{Algorithm::xxh3, 0, 1, INT64_MAX}.blocks() == 1);
}

TEST_CASE("hashes of a peer that are not those asked for are refused") {
    const Hashes wanted{Algorithm::xxh3, 0, 8192, 4096};
    const std::string hash(32, 'a');
    CHECK(parse_hashes(hashes_json({hash, hash}), wanted) == std::vector<std::string>{hash, hash});
    const std::string text = GENERATE_COPY(
        "", "{}", R"({"hashes":{"a":1,"b":2}})", R"({"hashes":[1,2]})", hashes_json({hash}),
        hashes_json({hash, hash, hash}), hashes_json({hash, std::string(64, 'a')}),
        hashes_json({hash, std::string(32, 'A')}), hashes_json({hash, std::string(32, '\n')}));
    CHECK_FALSE(parse_hashes(text, wanted));
}

TEST_CASE("an algorithm is known by its name") {
    CHECK(parse_algorithm("sha256") == Algorithm::sha256);
    CHECK(parse_algorithm("xxh3") == Algorithm::xxh3);
    CHECK_FALSE(parse_algorithm("SHA256"));
    CHECK_FALSE(parse_algorithm(""));
}
