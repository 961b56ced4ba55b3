#include "tests/support/load/verify.h"

#include <fcntl.h>

#include <algorithm>

#include "lib/base/text.h"
#include "tests/support/load/file.h"
#include "tests/support/load/pattern.h"
#include "tests/support/load/worker.h"

namespace nbdroot::load {
namespace {

// How far a writer may have gone since its last count: it tells that every second.
constexpr std::uint64_t kUnfinishedFiles = 256;

// Empty when FILE holds EXPECTED and nothing else, else why not.
std::string difference(const std::string& path, const std::vector<std::uint64_t>& expected) {
    const auto file = open_file(path, O_RDONLY);
    if (!file) return file.error().message();
    const auto size = size_of(*file);
    if (!size || *size != expected.size() * sizeof(expected[0])) {
        return cat(path, ": it has ", size ? *size : 0, " bytes");
    }
    std::vector<std::uint64_t> found(expected.size());
    if (const auto read = read_at(*file, found, 0); !read) return read.error().message();
    const auto [at, other] = std::mismatch(found.begin(), found.end(), expected.begin());
    if (at == found.end()) return "";
    return cat(path, ": differs from byte ",
               (at - found.begin()) * static_cast<std::ptrdiff_t>(sizeof(*at)),
               " on; it begins with number ", found[0], ", expected ", expected[0]);
}

void count(Verdict& verdict, std::string reason) {
    ++verdict.files;
    if (reason.empty()) return;
    if (verdict.bad++ == 0) verdict.first_bad = std::move(reason);
}

}  // namespace

Verdict verify_files(const std::string& directory, const std::vector<std::uint64_t>& acknowledged,
                     bool unfinished) {
    Verdict verdict;
    std::vector<std::uint64_t> expected(kFileBytes / sizeof(std::uint64_t));
    for (std::uint64_t writer = 0; writer < acknowledged.size(); ++writer) {
        const std::uint64_t end = acknowledged[writer];
        const std::uint64_t kept = slots_of(writer);
        // Overwritten by a later number: nothing to compare.
        const std::uint64_t gone = end + (unfinished ? kUnfinishedFiles : 0);
        for (std::uint64_t number = gone > kept ? gone - kept : 0; number < end; ++number) {
            fill_file(writer, number, expected);
            count(verdict, difference(cat(directory, '/', file_name(writer, number)), expected));
        }
    }
    return verdict;
}

Verdict check_pattern(const std::string& file, std::uint64_t mib) {
    Verdict verdict;
    std::vector<std::uint64_t> expected((mib << 20U) / sizeof(std::uint64_t));
    fill_blocks(0, expected);
    count(verdict, difference(file, expected));
    return verdict;
}

}  // namespace nbdroot::load
