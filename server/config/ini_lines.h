// An INI text as a list of sections and of keys with their line numbers.
//
// inih splits the lines. It reports neither empty nor repeated sections, cuts section names after
// 49 bytes and lines after about 200, joins indented lines to the one before, and gives the line
// of the first fault only. So every line passes our reader first, which counts, remembers the
// section and refuses what inih would silently change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::server::config {

struct IniSection {
    std::string name;
    int line = 0;
};

struct IniKey {
    std::size_t section = 0;  // index into sections
    std::string name;
    std::string value;
    int line = 0;
};

struct IniComplaint {
    int line = 0;
    std::string text;
};

struct IniLines {
    std::vector<IniSection> sections;
    std::vector<IniKey> keys;
    std::vector<IniComplaint> complaints;
};

[[nodiscard]] IniLines read_ini(std::string_view text);

}  // namespace nbdroot::server::config
