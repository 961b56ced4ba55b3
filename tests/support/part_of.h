// A matcher for "TEXT holds PART" that both versions of Catch2 know and that shows both on failure.
#pragma once

#include <string>

#include "tests/support/catch.h"

namespace nbdroot::test {

class PartOf : public Catch::Matchers::
#if __has_include(<catch2/catch_all.hpp>)
                   MatcherBase<std::string>
#else
                   Impl::MatcherBase<std::string>
#endif
{
public:
    explicit PartOf(std::string_view part) : part_(part) {}
    bool match(const std::string& text) const override {
        return text.find(part_) != std::string::npos;
    }
    std::string describe() const override { return "holds \"" + part_ + '"'; }

private:
    std::string part_;
};

inline PartOf holds(std::string_view part) { return PartOf(part); }

}  // namespace nbdroot::test
