// Rows of words under each other. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::server::ctl {

class Table {
public:
    enum class Align { left, right };
    struct Column {
        std::string_view title;
        Align align = Align::left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    // A word for each column. What is no printable ASCII is shown as \xNN.
    void add(const std::vector<std::string>& words);

    // A line for the titles, one for each row; no blanks at the ends of lines.
    [[nodiscard]] std::string text() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace nbdroot::server::ctl
