#include "lib/protocol/dns/message.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::protocol::dns {
namespace {

constexpr auto kOperation = "dns";
constexpr std::uint16_t kInternet = 1;  // class IN

// Of the second word of a message.
constexpr std::uint16_t kIsReply = 0x8000;
constexpr std::uint16_t kOpcode = 0x7800;
constexpr std::uint16_t kAuthoritative = 0x0400;
constexpr std::uint16_t kTruncated = 0x0200;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kRecursionAvailable = 0x0080;
constexpr std::uint16_t kCode = 0x000f;
constexpr std::uint16_t kNoSuchName = 3;

// As many aliases and addresses as 512 bytes can hold; a server that sends more is not read on.
constexpr std::size_t kRecordsRead = 64;
constexpr int kAliasesFollowed = 8;

struct Header {
    be16 id;
    be16 flags;
    be16 questions;
    be16 answers;
    be16 authorities;
    be16 additionals;
};
static_assert(sizeof(Header) == 12);

struct QuestionTail {
    be16 type;
    be16 record_class;
};
static_assert(sizeof(QuestionTail) == 4);

struct RecordHead {  // what follows a record's name
    be16 type;
    be16 record_class;
    be32 seconds_to_live;
    be16 size;
};
static_assert(sizeof(RecordHead) == 10);

struct Record {
    Name owner;
    RecordType type = RecordType::a;
    Address address;  // of a and aaaa
    Name alias;       // of cname
};

// A message from its front to its end; names refer back to all of it.
class Cursor {
public:
    explicit Cursor(ByteView message) : message_(message) {}

    [[nodiscard]] std::size_t offset() const { return offset_; }

    [[nodiscard]] std::optional<Name> name() {
        auto read = read_name(message_, offset_);
        if (!read) return std::nullopt;
        offset_ = read->end;
        return std::move(read->name);
    }

    template <class T>
    [[nodiscard]] std::optional<T> value() {
        const auto taken = ByteReader(message_.subspan(offset_)).value<T>();
        if (taken) offset_ += sizeof(T);
        return taken;
    }

    [[nodiscard]] std::optional<ByteView> bytes(std::size_t count) {
        const auto taken = ByteReader(message_.subspan(offset_)).bytes(count);
        if (taken) offset_ += count;
        return taken;
    }

private:
    ByteView message_;
    std::size_t offset_ = 0;
};

std::string words_of(std::uint16_t code) {
    constexpr std::array<const char*, 6> kWords = {"",         "FORMERR", "SERVFAIL",
                                                   "NXDOMAIN", "NOTIMP",  "REFUSED"};
    return code < kWords.size() ? kWords[code] : cat("DNS error ", code);
}

Reply unusable(std::string reason) {
    return {.kind = Reply::Kind::unusable, .reason = std::move(reason)};
}

std::optional<Address> address_of(ByteView data, std::size_t size) {
    if (data.size() != size) return std::nullopt;
    Address address{.size = size};
    std::memcpy(address.bytes.data(), data.data(), size);
    return address;
}

// False: the message is malformed. A record of no interest leaves RECORDS as they are.
bool read_record(Cursor& cursor, std::vector<Record>& records) {
    auto owner = cursor.name();
    const auto head = cursor.value<RecordHead>();
    if (!owner || !head) return false;
    Cursor data_cursor = cursor;
    const auto data = cursor.bytes(head->size);
    if (!data) return false;
    if (head->record_class != kInternet) return true;
    Record record{.owner = std::move(*owner),
                  .type = static_cast<RecordType>(std::uint16_t{head->type}),
                  .address = {},
                  .alias = {}};
    if (record.type == RecordType::cname) {
        auto alias = data_cursor.name();
        if (!alias || data_cursor.offset() != cursor.offset()) return false;
        record.alias = std::move(*alias);
    } else if (record.type == RecordType::a || record.type == RecordType::aaaa) {
        const auto address = address_of(*data, record.type == RecordType::a ? 4 : 16);
        if (!address) return false;
        record.address = *address;
    } else {
        return true;
    }
    records.push_back(std::move(record));
    return true;
}

struct Records {
    std::vector<Record> list;
    bool is_whole = true;  // false: the rest is malformed, or missing
};

Records read_records(Cursor& cursor, std::size_t count) {
    Records records;
    for (std::size_t i = 0; records.is_whole && i < std::min(count, kRecordsRead); ++i) {
        records.is_whole = read_record(cursor, records.list);
    }
    return records;
}

std::vector<Address> addresses_of(const Name& name, RecordType type,
                                  const std::vector<Record>& records) {
    std::vector<Address> addresses;
    for (const Record& record : records) {
        const bool fits = record.type == type && record.owner == name;
        if (fits && addresses.size() < kAddressesTaken) addresses.push_back(record.address);
    }
    return addresses;
}

// Aliases may stand in any order (RFC 1034 section 3.6.2), and may go round in a circle.
std::vector<Address> follow(const Question& question, const std::vector<Record>& records) {
    Name name = question.name;
    for (int i = 0; i <= kAliasesFollowed; ++i) {
        auto addresses = addresses_of(name, question.type, records);
        if (!addresses.empty()) return addresses;
        const auto alias = std::find_if(records.begin(), records.end(), [&](const Record& record) {
            return record.type == RecordType::cname && record.owner == name;
        });
        if (alias == records.end()) return {};
        name = alias->alias;
    }
    return {};
}

// A server that did not understand a question may leave it out of its answer.
bool repeats(const Header& header, Cursor& cursor, const Question& question) {
    const std::uint16_t code = header.flags & kCode;
    if (header.questions == 0) return code != 0 && code != kNoSuchName;
    const auto name = cursor.name();
    const auto tail = cursor.value<QuestionTail>();
    return header.questions == 1 && name && tail && *name == question.name &&
           tail->type == static_cast<std::uint16_t>(question.type) &&
           tail->record_class == kInternet;
}

// A server that has nothing to say of a name and asks nobody else: it names other servers at best.
bool is_referral(const Header& header) {
    return header.answers == 0 && (header.flags & (kAuthoritative | kRecursionAvailable)) == 0;
}

}  // namespace

Bytes make_query(const Question& question) {
    Bytes query;
    ByteWriter writer(query);
    writer.value(Header{.id = question.id,
                        .flags = kRecursionDesired,
                        .questions = std::uint16_t{1},
                        .answers = {},
                        .authorities = {},
                        .additionals = {}});
    writer.text(question.name.wire);
    writer.value(
        QuestionTail{.type = static_cast<std::uint16_t>(question.type), .record_class = kInternet});
    return query;
}

Result<Reply> parse_reply(ByteView datagram, const Question& question) {
    Cursor cursor(datagram);
    const auto header = cursor.value<Header>();
    if (!header || header->id != question.id) return fail(kOperation, "", "of another question");
    if ((header->flags & (kIsReply | kOpcode)) != kIsReply) {
        return fail(kOperation, "", "not an answer");
    }
    if (!repeats(*header, cursor, question)) {
        return fail(kOperation, "", "an answer to another question");
    }
    const std::uint16_t code = header->flags & kCode;
    if (code == kNoSuchName) return Reply{.kind = Reply::Kind::no_such_name};
    if (code != 0) return unusable(words_of(code));
    if (is_referral(*header)) return unusable("does not look names up for others");
    const Records records = read_records(cursor, header->answers);
    const bool is_cut = (header->flags & kTruncated) != 0;
    if (!records.is_whole && !is_cut) return unusable("a malformed answer");
    Reply reply{.addresses = follow(question, records.list)};
    if (is_cut && reply.addresses.empty()) return unusable("an answer too long for a datagram");
    return reply;
}

}  // namespace nbdroot::protocol::dns
