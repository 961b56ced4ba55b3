#include "server/service/block_hasher.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::server::service;
using protocol::service::Algorithm;

// FIPS 180-2, appendix B; what xxhsum -H2 says.
TEST_CASE("known hashes, of pieces and again") {
    const auto [algorithm, text, hash] = GENERATE(table<Algorithm, const char*, const char*>({
        {Algorithm::sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {Algorithm::sha256, "abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {Algorithm::xxh3, "", "99aa06d3014798d86001c324468d497f"},
        {Algorithm::xxh3, "abc", "06b05ab6733a618578af5f94892f3950"},
    }));
    BlockHasher hasher(algorithm);
    hasher.add(base::as_bytes(text));
    CHECK(hasher.finish() == hash);
    for (const char* letter = text; *letter != '\0'; ++letter) {
        hasher.add(base::as_bytes(std::string_view(letter, 1)));
    }
    CHECK(hasher.finish() == hash);
}
