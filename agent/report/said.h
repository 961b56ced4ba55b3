// What a boot has said: nobody wants to read it again at each further try. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::report {

class Said {
public:
    // Whether LINE is to be said. While hushed, only what was not said before is; what stands in
    // parentheses (attempts, seconds, leases) makes no difference.
    [[nodiscard]] bool passes(std::string_view line);

    void hush(bool hushed) { hushed_ = hushed; }

    // The last line that was handed in, said or not.
    [[nodiscard]] const std::string& last() const { return last_; }

private:
    bool hushed_ = false;
    std::vector<std::string> essences_;  // the newest last
    std::string last_;
};

}  // namespace nbdroot::agent::report
