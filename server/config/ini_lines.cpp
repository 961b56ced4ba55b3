#include "server/config/ini_lines.h"

#include <ini.h>

#include <cstring>
#include <optional>

#include "lib/base/text.h"

namespace nbdroot::server::config {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";

std::string_view trim(std::string_view text) {
    const std::size_t from = text.find_first_not_of(kBlanks);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
    }

    // fgets() as inih wants it: the next line in BUFFER, which has SIZE bytes; null at the end.
    char* next_line(char* buffer, int size);
    // inih found KEY and VALUE in the current line.
    void on_key(const char* key, const char* value);
    [[nodiscard]] IniLines finish();

private:
    void complain(std::string text) { result_.complaints.push_back({line_, std::move(text)}); }
    void settle_previous_line();
    [[nodiscard]] std::string_view admit(std::string_view line, std::size_t room);
    void open_section(std::string_view line);

    std::string_view rest_;
    IniLines result_;
    int line_ = 0;
    bool expects_key_ = false;
    std::string_view current_;
};

// A line that should have given a key and did not.
void Reader::settle_previous_line() {
    if (!expects_key_) return;
    expects_key_ = false;
    complain(cat("'", base::printable(current_, 60), "' is neither [section] nor key = value"));
}

void Reader::open_section(std::string_view line) {
    const std::size_t end = line.find(']');
    if (end == std::string_view::npos) return complain("a section without its closing bracket");
    if (const auto after = trim(line.substr(end + 1)); !after.empty() && after.front() != '#') {
        complain("text after the closing bracket");
    }
    result_.sections.push_back({std::string(line.substr(1, end - 1)), line_});
}

// What inih may see of LINE: nothing, where it would change its meaning without a word.
std::string_view Reader::admit(std::string_view line, std::size_t room) {
    if (line.empty() || line.front() == '#' || line.front() == ';') return {};
    if (line.find('\0') != std::string_view::npos) {
        complain("a zero byte");
        return {};
    }
    if (line.front() == '[') {
        open_section(line);
        return {};
    }
    if (line.size() >= room) {
        complain(cat("longer than ", room - 1, " bytes"));
        return {};
    }
    if (line.find(" ;") != std::string_view::npos || line.find("\t;") != std::string_view::npos) {
        complain("a comment stands on a line of its own");
        return {};
    }
    expects_key_ = true;
    return line;
}

char* Reader::next_line(char* buffer, int size) {
    settle_previous_line();
    if (rest_.empty() || size < 3) return nullptr;
    const std::size_t end = rest_.find('\n');
    current_ = trim(rest_.substr(0, end));
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    ++line_;
    const std::string_view shown = admit(current_, static_cast<std::size_t>(size) - 2);
    shown.copy(buffer, shown.size());
    std::memcpy(buffer + shown.size(), "\n", 2);
    return buffer;
}

void Reader::on_key(const char* key, const char* value) {
    expects_key_ = false;
    if (result_.sections.empty()) {
        return complain(cat("'", base::printable(key, 60), "' before the first [section]"));
    }
    result_.keys.push_back(
        {.section = result_.sections.size() - 1, .name = key, .value = value, .line = line_});
}

IniLines Reader::finish() {
    settle_previous_line();
    return std::move(result_);
}

char* read_line(char* buffer, int size, void* reader) {
    return static_cast<Reader*>(reader)->next_line(buffer, size);
}

int take_key(void* reader, const char*, const char* key, const char* value) {
    static_cast<Reader*>(reader)->on_key(key, value == nullptr ? "" : value);
    return 1;
}

}  // namespace

IniLines read_ini(std::string_view text) {
    Reader reader(text);
    (void)ini_parse_stream(read_line, &reader, take_key, &reader);  // faults are noted line by line
    return reader.finish();
}

}  // namespace nbdroot::server::config
