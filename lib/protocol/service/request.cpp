#include "lib/protocol/service/request.h"

#include <algorithm>

#include "lib/base/json.h"
#include "lib/base/json_value.h"
#include "lib/base/text.h"
#include "lib/protocol/service/window.h"

namespace nbdroot::protocol::service {
namespace {

using Kind = JsonValue::Kind;

Failure refuse(std::string_view reason) { return fail("read", "service request", reason); }

Result<std::uint64_t> read_number(const JsonValue& document, std::string_view name) {
    const JsonValue& value = document[name];
    if (value.kind() != Kind::number || value.number() < 0) {
        return refuse(cat(name, " is no number of bytes"));
    }
    return static_cast<std::uint64_t>(value.number());
}

Result<Hashes> read_hashes(const JsonValue& document) {
    const auto algorithm = parse_algorithm(document["hash"].text());
    if (!algorithm) return refuse("an unknown algorithm; there are sha256 and xxh3");
    const Hashes hashes{.algorithm = *algorithm,
                        .offset_bytes = NBDROOT_TRY(read_number(document, "offset")),
                        .length_bytes = NBDROOT_TRY(read_number(document, "length")),
                        .block_bytes = NBDROOT_TRY(read_number(document, "block"))};
    NBDROOT_CHECK(check(hashes));
    return hashes;
}

Result<Words> read_words(const JsonValue& list) {
    Words words;
    for (const JsonValue& word : list.items()) {
        if (word.kind() != Kind::string) return refuse("a word is no string");
        words.words.push_back(word.text());
    }
    NBDROOT_CHECK(check(words));
    return words;
}

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char digit) {
        return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
    });
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
    return algorithm == Algorithm::sha256 ? "sha256" : "xxh3";
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
    for (const Algorithm algorithm : {Algorithm::sha256, Algorithm::xxh3}) {
        if (name == name_of(algorithm)) return algorithm;
    }
    return std::nullopt;
}

std::size_t digits_of(Algorithm algorithm) { return algorithm == Algorithm::sha256 ? 64 : 32; }

Result<void> check(const Words& words) {
    if (words.words.empty() || words.words.front().empty()) return refuse("there is no command");
    std::size_t bytes = 0;
    for (const std::string& word : words.words) {
        bytes += word.size();
        // They become arguments of programs, where it would end them.
        if (word.find('\0') != std::string::npos) return refuse("a word holds a byte of value 0");
        // JSON holds nothing else: the server would run another word than the one that was typed.
        if (!base::is_utf8(word)) return refuse("a word is not UTF-8");
    }
    if (words.words.size() <= kMaximumWords && bytes <= kMaximumWordBytes) return {};
    return refuse(cat("the command is too long: at most ", kMaximumWords, " words of ",
                      kMaximumWordBytes, " bytes in all"));
}

Result<void> check(const Hashes& hashes) {
    if (hashes.length_bytes == 0) return refuse("a range of no bytes has no hash");
    if (hashes.block_bytes == 0) return refuse("a block has at least 1 byte");
    if (hashes.length_bytes > INT64_MAX || hashes.offset_bytes > INT64_MAX - hashes.length_bytes) {
        return refuse("the range ends beyond 2^63 bytes");
    }
    if (hashes.blocks() <= kMaximumBlocks) return {};
    return refuse(cat(hashes.blocks(), " blocks, at most ", kMaximumBlocks, " are hashed at once"));
}

Result<Request> parse_request(std::string_view text) {
    const JsonValue document = NBDROOT_TRY(base::parse_json(text, kMaximumRequest));
    if (document.kind() != Kind::object) return refuse("it is no object");
    if (document["words"].kind() == Kind::array)
        return Request(NBDROOT_TRY(read_words(document["words"])));
    if (document["hash"].kind() == Kind::string) return Request(NBDROOT_TRY(read_hashes(document)));
    return refuse("it has neither words nor hash");
}

std::string to_json(const Request& request) {
    base::JsonWriter json;
    json.begin_object();
    if (const auto* const words = std::get_if<Words>(&request)) {
        json.key("words");
        json.begin_array();
        for (const std::string& word : words->words) json.value(word);
        json.end_array();
    } else if (const auto* const hashes = std::get_if<Hashes>(&request)) {
        json.member("hash", name_of(hashes->algorithm));
        json.member("offset", hashes->offset_bytes);
        json.member("length", hashes->length_bytes);
        json.member("block", hashes->block_bytes);
    }
    json.end_object();
    return json.text();
}

Result<std::vector<std::string>> parse_hashes(std::string_view text, const Hashes& hashes) {
    const JsonValue document = NBDROOT_TRY(base::parse_json(text, kMaximumAnswer));
    const JsonValue& list = document["hashes"];
    if (list.kind() != Kind::array || list.items().size() != hashes.blocks()) {
        return fail("read", "hashes",
                    cat(list.items().size(), " of them, there are ", hashes.blocks(), " blocks"));
    }
    std::vector<std::string> found;
    for (const JsonValue& item : list.items()) {
        if (item.text().size() != digits_of(hashes.algorithm) || !is_hex(item.text())) {
            return fail("read", "hashes",
                        cat("'", base::printable(item.text(), 80), "' is no hash of ",
                            name_of(hashes.algorithm)));
        }
        found.push_back(item.text());
    }
    return found;
}

std::string hashes_json(const std::vector<std::string>& hashes) {
    base::JsonWriter json;
    json.begin_object();
    json.key("hashes");
    json.begin_array();
    for (const std::string& hash : hashes) json.value(hash);
    json.end_array();
    json.end_object();
    return json.text();
}

std::string error_json(std::string_view text) {
    base::JsonWriter json;
    json.begin_object();
    json.member("error", text);
    json.end_object();
    return json.text();
}

}  // namespace nbdroot::protocol::service
