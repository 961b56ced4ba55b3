#include "agent/handover/interfaces_file.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace nbdroot::agent::handover {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kOut = "# nbdroot-agent: ";
constexpr std::array<std::string_view, 3> kCommands = {"up", "pre-up", "post-up"};

// A line with those that continue it: each but the last ends in a backslash. A comment is never
// continued.
std::string_view take_line(std::string_view& text) {
    std::size_t end = 0;
    const bool is_comment = text.find_first_not_of(kBlanks) != std::string_view::npos &&
                            text[text.find_first_not_of(kBlanks)] == '#';
    for (;;) {
        end = text.find('\n', end);
        if (end == std::string_view::npos) end = text.size();
        const bool continues = end > 0 && end < text.size() && text[end - 1] == '\\' && !is_comment;
        end = std::min(end + 1, text.size());
        if (!continues) break;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    return line;
}

bool is_separator(char one) { return one == '\\' || one == '\n' || one == ' ' || one == '\t'; }

// Views into LINE. None: a comment, or nothing.
std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    std::size_t at = 0;
    while (at < line.size()) {
        if (is_separator(line[at]) || line[at] == '\r') {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < line.size() && !is_separator(line[end]) && line[end] != '\r') ++end;
        words.push_back(line.substr(at, end - at));
        at = end;
    }
    if (!words.empty() && words[0].starts_with('#')) words.clear();
    return words;
}

bool begins_stanza(std::string_view word) {
    return word == "iface" || word == "mapping" || word == "auto" || word == "rename" ||
           word == "source" || word == "source-directory" || word.starts_with("allow-") ||
           word.starts_with("no-");
}

bool is_kept_option(std::string_view word) {
    return word.starts_with("dns-") ||
           std::find(kCommands.begin(), kCommands.end(), word) != kCommands.end();
}

bool is_own(std::string_view word, const OwnNames& names) {
    return std::find(names.begin(), names.end(), word) != names.end();
}

bool may_be_own(std::string_view pattern, const OwnNames& names) {
    return std::any_of(names.begin(), names.end(), [pattern](const std::string& name) {
        return matches_pattern(pattern, name);
    });
}

bool is_manual(const std::vector<std::string_view>& words) {
    return words.size() == 4 && words[2] == "inet" && words[3] == "manual";
}

// A word of auto and allow-: NAME, NAME=STANZA, or a pattern ([VARIABLE]/VALUE[/NUMBER]) with or
// without a stanza; by a variable any interface may be meant.
struct Chosen {
    explicit Chosen(std::string_view word) {
        const std::size_t equal = std::min(word.find('='), word.size());
        name = word.substr(0, equal);
        if (equal < word.size()) stanza = word.substr(equal + 1);
        is_pattern = name.find('/') != std::string_view::npos;
    }

    [[nodiscard]] bool is_for(const OwnNames& names) const {
        if (!is_pattern) return is_own(name, names);
        if (!name.starts_with('/')) return true;
        return may_be_own(name.substr(1, name.find('/', 1) - 1), names);
    }

    std::string_view name;
    std::string_view stanza;
    bool is_pattern = false;
};

class Editor {
public:
    explicit Editor(const OwnNames& names) : names_(names) {}

    std::optional<std::string> edit(std::string_view file) {
        while (!file.empty()) take(take_line(file));
        if (!is_changed_) return std::nullopt;
        return std::move(out_);
    }

private:
    enum class Within { others, own_interface, own_mapping };
    using Words = std::vector<std::string_view>;

    void take(std::string_view line) {
        const Words words = words_of(line);
        if (words.empty()) return keep(line);
        if (begins_stanza(words[0])) return take_stanza(line, words);
        const bool is_left_out = within_ == Within::own_mapping ||
                                 (within_ == Within::own_interface && !is_kept_option(words[0]));
        is_left_out ? leave_out(line) : keep(line);
    }

    void take_stanza(std::string_view line, const Words& words) {
        within_ = Within::others;
        if (words.size() == 1) return keep(line);
        if (words[0] == "iface" && is_own(words[1], names_) && !is_manual(words)) {
            within_ = Within::own_interface;
            replace(line, words[1]);
        } else if (words[0] == "mapping" && maps_own(words)) {
            within_ = Within::own_mapping;
            replace(line, names_.front());
        } else if (words[0].starts_with("allow-") && words[0] != "allow-auto") {
            take_allow(line, words);
        } else {
            keep(line);
        }
    }

    [[nodiscard]] bool maps_own(const Words& words) const {
        return std::any_of(words.begin() + 1, words.end(), [this](std::string_view pattern) {
            return may_be_own(pattern, names_);
        });
    }

    void take_allow(std::string_view line, const Words& words) {
        std::string others;
        std::string own;
        for (std::size_t i = 1; i < words.size(); ++i) {
            (Chosen(words[i]).is_for(names_) ? own : others) += cat(' ', words[i]);
        }
        if (own.empty()) return keep(line);
        leave_out(line);
        if (!others.empty()) out_ += cat(words[0], others, '\n');
        out_ += cat("auto", own, '\n');
    }

    void keep(std::string_view line) { out_ += line; }

    void replace(std::string_view line, std::string_view name) {
        leave_out(line);
        out_ += cat("iface ", name, " inet manual\n");
    }

    void leave_out(std::string_view line) {
        is_changed_ = true;
        while (!line.empty()) {
            const std::size_t end = std::min(line.find('\n'), line.size() - 1) + 1;
            out_ += cat(kOut, line.substr(0, end));
            line.remove_prefix(end);
        }
        if (!out_.ends_with('\n')) out_ += '\n';
    }

    const OwnNames& names_;
    std::string out_;
    Within within_ = Within::others;
    bool is_changed_ = false;
};

}  // namespace

std::optional<std::string> with_manual_interfaces(std::string_view file, const OwnNames& names) {
    if (names.empty()) return std::nullopt;
    return Editor(names).edit(file);
}

std::vector<std::string> logical_names(std::string_view file, const OwnNames& names) {
    std::vector<std::string> found;
    while (!file.empty()) {
        const auto words = words_of(take_line(file));
        if (words.empty() || (words[0] != "auto" && !words[0].starts_with("allow-"))) continue;
        for (const std::string_view word : words) {
            const Chosen chosen(word);
            if (!chosen.stanza.empty() && chosen.is_for(names)) found.emplace_back(chosen.stanza);
        }
    }
    return found;
}

std::vector<std::string> interface_names(std::string_view file) {
    std::vector<std::string> found;
    while (!file.empty()) {
        const auto words = words_of(take_line(file));
        if (words.size() > 1 && words[0] == "iface") found.emplace_back(words[1]);
    }
    return found;
}

std::vector<Inclusion> inclusions_of(std::string_view file) {
    std::vector<Inclusion> found;
    while (!file.empty()) {
        const auto words = words_of(take_line(file));
        if (words.empty() || (words[0] != "source" && words[0] != "source-directory")) continue;
        for (std::size_t i = 1; i < words.size(); ++i) {
            found.push_back(
                {.path = std::string(words[i]), .is_directory = words[0] == "source-directory"});
        }
    }
    return found;
}

// The last star is where the search goes on from; no other needs to be tried again.
bool matches_pattern(std::string_view pattern, std::string_view name) {
    if (pattern.find('[') != std::string_view::npos) return true;
    std::size_t at = 0;
    std::size_t in_name = 0;
    std::optional<std::size_t> star;
    std::size_t taken_by_star = 0;
    while (in_name < name.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            taken_by_star = in_name;
        } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in_name])) {
            ++at;
            ++in_name;
        } else if (star) {
            at = *star + 1;
            in_name = ++taken_by_star;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

}  // namespace nbdroot::agent::handover
