#include "agent/config/word.h"

#include <cstddef>

#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

// Where the word at the front of TEXT ends. IN_QUOTES: an opening quote was already taken.
std::size_t word_length(std::string_view text, bool in_quotes) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (kBlanks.find(text[i]) != std::string_view::npos && !in_quotes) return i;
        if (text[i] == '"') in_quotes = !in_quotes;
    }
    return text.size();
}

Word parse_word(std::string_view text, bool quoted) {
    // A '=' in front of everything is part of the name: the kernel knows no empty name.
    const std::size_t equals = text.find('=', 1);
    if (quoted && text.ends_with('"')) text.remove_suffix(1);
    if (equals >= text.size()) return {std::string(text), std::nullopt};
    std::string_view value = text.substr(equals + 1);
    if (value.starts_with('"')) {
        value.remove_prefix(1);
        if (value.ends_with('"')) value.remove_suffix(1);
    }
    return {std::string(text.substr(0, equals)), std::string(value)};
}

}  // namespace

std::vector<Word> split_words(std::string_view text) {
    std::vector<Word> words;
    for (;;) {
        const std::size_t start = text.find_first_not_of(kBlanks);
        if (start == std::string_view::npos) return words;
        text.remove_prefix(start);
        const bool quoted = text.starts_with('"');
        if (quoted) text.remove_prefix(1);
        const std::size_t length = word_length(text, quoted);
        words.push_back(parse_word(text.substr(0, length), quoted));
        text.remove_prefix(length);
    }
}

std::string joined(const Word& word) {
    return word.value ? cat(word.name, '=', *word.value) : word.name;
}

std::string without_comments(std::string_view text) {
    std::string kept;
    for (const std::string_view line : base::split(text, '\n')) {
        const std::size_t start = line.find_first_not_of(kBlanks);
        if (start == std::string_view::npos || line[start] == '#') continue;
        kept += line;
        kept += '\n';
    }
    return kept;
}

}  // namespace nbdroot::agent::config
