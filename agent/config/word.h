// A kernel command line as words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::config {

struct Word {
    std::string name;                  // what stands before the first '='
    std::optional<std::string> value;  // what stands behind it, without the quotes around it

    bool operator==(const Word&) const = default;
};

// Words end at blanks outside of double quotes. Quotes around a word or around a value vanish,
// others stay, as in the kernel (lib/cmdline.c, next_arg).
[[nodiscard]] std::vector<Word> split_words(std::string_view text);

// "name=value", without quotes.
[[nodiscard]] std::string joined(const Word& word);

// TEXT without the lines whose first character that is not blank is '#': for the defaults file.
[[nodiscard]] std::string without_comments(std::string_view text);

}  // namespace nbdroot::agent::config
