// The words behind a command's name, taken one by one. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::control {

class Words {
public:
    explicit Words(std::span<const char* const> words) : left_(words.begin(), words.end()) {}

    // Whether OPTION ("--json") stands anywhere among them.
    [[nodiscard]] bool take_option(std::string_view option);
    // The word behind OPTION, empty where nothing stands there; nullopt: there is no OPTION.
    [[nodiscard]] std::optional<std::string_view> take_value(std::string_view option);
    // The first that is left, and no option; nullopt: there is none.
    [[nodiscard]] std::optional<std::string_view> take();
    // All that are left.
    [[nodiscard]] std::vector<std::string> take_list();
    // The same, with blanks between.
    [[nodiscard]] std::string take_all();

    [[nodiscard]] bool is_empty() const { return left_.empty(); }
    // What is wrong with those that nobody has taken; nullopt: none is left.
    [[nodiscard]] std::optional<std::string> surplus() const;

private:
    std::vector<std::string_view> left_;
};

}  // namespace nbdroot::agent::control
