// What there is to say about one file, in the order of its lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/ini_config.h"

namespace nbdroot::server::config {

class Remarks {
public:
    explicit Remarks(const std::string& file);

    void complain(int line, std::string text);
    void note(int line, std::string_view text);

    // "FILE:LINE: "
    [[nodiscard]] std::string origin(int line) const;

    // They are handed over once.
    void move_to(ParsedConfig& result);

private:
    struct Remark {
        int line;
        std::string text;
    };

    static void move(std::vector<Remark>& from, const std::string& file,
                     std::vector<std::string>& to);

    std::string file_;
    std::vector<Remark> complaints_;
    std::vector<Remark> notes_;
};

}  // namespace nbdroot::server::config
