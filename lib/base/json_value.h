// Reads JSON (RFC 8259) that programs of ours have written: small documents, whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::base {

// One value with everything below it.
class JsonValue {
public:
    enum class Kind { null, boolean, number, string, array, object };

    [[nodiscard]] Kind kind() const { return kind_; }

    // The value of the member NAME, the first of that name; a null value where there is none.
    [[nodiscard]] const JsonValue& operator[](std::string_view name) const;

    [[nodiscard]] const std::vector<JsonValue>& items() const { return items_; }
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    // What it holds; an empty text, 0, false where it is of another kind.
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::int64_t number() const { return number_; }
    [[nodiscard]] bool truth() const { return kind_ == Kind::boolean && number_ != 0; }
    [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }

private:
    friend class JsonReader;

    Kind kind_ = Kind::null;
    std::int64_t number_ = 0;         // of number and boolean
    std::string text_;                // of string
    std::vector<JsonValue> items_;    // of array; of object: the values
    std::vector<std::string> names_;  // of object, beside the values
};

inline constexpr std::size_t kJsonLimit = 65536;

// The one value that TEXT holds. Refused: more than MAXIMUM bytes, more than 16 levels, fractions,
// exponents, numbers beyond 64 bits, anything behind the value. Strings are taken as they are
// encoded: whoever shows them has to know that they may hold any byte.
[[nodiscard]] Result<JsonValue> parse_json(std::string_view text, std::size_t maximum = kJsonLimit);

}  // namespace nbdroot::base

namespace nbdroot {
using base::JsonValue;
}
