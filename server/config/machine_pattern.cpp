#include "server/config/machine_pattern.h"

#include <array>
#include <cstdint>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::config {
namespace {

bool has_back_reference(std::string_view text) {
    bool in_set = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && !in_set) {
            ++i;
            if (i < text.size() && text[i] >= '1' && text[i] <= '9') return true;
        } else if (text[i] == '[' && !in_set) {
            in_set = true;
            // A bracket that comes first is one of the set.
            if (i + 1 < text.size() && text[i + 1] == '^') ++i;
            if (i + 1 < text.size() && text[i + 1] == ']') ++i;
        } else if (text[i] == ']') {
            in_set = false;
        }
    }
    return false;
}

// Compiling costs memory for each copy of what is repeated, and repetitions multiply.
constexpr std::uint64_t kMaximumCopies = 65536;

bool repeats_too_often(std::string_view text) {
    std::uint64_t copies = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '{') continue;
        const std::size_t end = text.find_first_not_of("0123456789,", i + 1);
        const std::string_view bounds = text.substr(i + 1, end - i - 1);
        const std::string_view last = bounds.substr(bounds.rfind(',') + 1);
        const auto times = base::parse_decimal(
            last.empty() ? bounds.substr(0, bounds.find(',')) : last, kMaximumCopies);
        if (times) copies *= *times == 0 ? 1 : *times;
        if (copies > kMaximumCopies) return true;
    }
    return false;
}

}  // namespace

void MachinePattern::Free::operator()(regex_t* compiled) const {
    ::regfree(compiled);
    delete compiled;
}

Result<MachinePattern> MachinePattern::compile(const std::string& text) {
    const std::string shown = cat("'", base::printable(text), "'");
    if (text.empty()) return fail("pattern", shown, "empty; it would match no name");
    if (text.find('\0') != std::string::npos) return fail("pattern", shown, "has a zero byte");
    if (has_back_reference(text)) {
        return fail("pattern", shown, R"(back references (\1 to \9) are not taken)");
    }
    if (repeats_too_often(text)) {
        return fail("pattern", shown,
                    cat("repeats its parts more than ", kMaximumCopies, " times in all"));
    }
    auto compiled = std::make_unique<regex_t>();
    const int status = ::regcomp(compiled.get(), text.c_str(), REG_EXTENDED);
    if (status != 0) {
        std::array<char, 200> reason{};
        ::regerror(status, compiled.get(), reason.data(), reason.size());
        return fail("pattern", shown, cat("no POSIX extended regular expression: ", reason.data()));
    }
    return MachinePattern(std::unique_ptr<regex_t, Free>(compiled.release()));
}

bool MachinePattern::matches(std::string_view name) const {
    if (name.empty() || name.size() > kMaximumName || name.find('\0') != std::string_view::npos) {
        return false;
    }
    // Of the matches that begin first the longest is found: if the whole name is one, it is that.
    regmatch_t where{};
    if (::regexec(compiled_.get(), std::string(name).c_str(), 1, &where, 0) != 0) return false;
    return where.rm_so == 0 && static_cast<std::size_t>(where.rm_eo) == name.size();
}

}  // namespace nbdroot::server::config
