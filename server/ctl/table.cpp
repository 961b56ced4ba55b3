#include "server/ctl/table.h"

#include <algorithm>

#include "lib/base/assert.h"
#include "lib/base/text.h"

namespace nbdroot::server::ctl {
namespace {

constexpr std::string_view kGap = "  ";

}  // namespace

void Table::add(const std::vector<std::string>& words) {
    NBDROOT_ASSERT(words.size() == columns_.size());
    auto& row = rows_.emplace_back();
    for (const std::string& word : words) {
        row.push_back(word.empty() ? "-" : base::printable(word, word.size()));
    }
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = columns_[i].title.size();
        for (const auto& row : rows_) width = std::max(width, row[i].size());
        widths.push_back(width);
    }
    std::string out;
    const auto add_line = [&](const auto& word_of) {
        std::string line;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const std::string_view word = word_of(i);
            const std::string blanks(widths[i] - word.size(), ' ');
            if (i > 0) line += kGap;
            line += columns_[i].align == Align::right ? cat(blanks, word) : cat(word, blanks);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    };
    add_line([&](std::size_t i) { return columns_[i].title; });
    for (const auto& row : rows_) {
        add_line([&](std::size_t i) { return std::string_view(row[i]); });
    }
    return out;
}

}  // namespace nbdroot::server::ctl
