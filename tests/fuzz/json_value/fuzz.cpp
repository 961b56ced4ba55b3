// The JSON reader over any text: what it takes is as deep and as long as it says.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "lib/base/json_value.h"

using nbdroot::JsonValue;

namespace {

void check(const JsonValue& value, int level) {
    NBDROOT_ASSERT(level <= 17);
    NBDROOT_ASSERT(value.names().empty() || value.names().size() == value.items().size());
    NBDROOT_ASSERT(value.items().empty() || value.kind() == JsonValue::Kind::array ||
                   value.kind() == JsonValue::Kind::object);
    NBDROOT_ASSERT(value["no such name"].is_null() || !value.names().empty());
    for (const JsonValue& item : value.items()) check(item, level + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto value = nbdroot::base::parse_json(text);
    if (value) {
        check(*value, 0);
    } else {
        NBDROOT_ASSERT(value.error().reason.find("(byte ") != std::string::npos);
    }
    return 0;
}
