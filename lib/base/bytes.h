// Reading and writing byte sequences with every length checked.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lib/base/endian.h"

namespace nbdroot::base {

using ByteView = std::span<const std::byte>;
using ByteSpan = std::span<std::byte>;
using Bytes = std::vector<std::byte>;

inline ByteView as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Consumes a view from the front. Every read says nullopt, and consumes nothing, when fewer bytes
// are left than it needs.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : rest_(bytes) {}

    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    [[nodiscard]] ByteView rest() const { return rest_; }

    [[nodiscard]] std::optional<ByteView> bytes(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        const ByteView taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    // A wire struct of byte-order fields, or any other trivially copyable value in host order.
    template <class T>
    requires std::is_trivially_copyable_v<T>
    [[nodiscard]] std::optional<T> value() {
        const auto taken = bytes(sizeof(T));
        if (!taken) return std::nullopt;
        T result;
        std::memcpy(&result, taken->data(), sizeof(T));
        return result;
    }

    [[nodiscard]] std::optional<std::uint8_t> u8() { return value<std::uint8_t>(); }
    [[nodiscard]] std::optional<std::uint16_t> be_u16() { return convert<be16, std::uint16_t>(); }
    [[nodiscard]] std::optional<std::uint32_t> be_u32() { return convert<be32, std::uint32_t>(); }
    [[nodiscard]] std::optional<std::uint64_t> be_u64() { return convert<be64, std::uint64_t>(); }
    [[nodiscard]] std::optional<std::string_view> text(std::size_t count) {
        const auto taken = bytes(count);
        if (!taken) return std::nullopt;
        return as_text(*taken);
    }

private:
    template <class Wire, class Plain>
    std::optional<Plain> convert() {
        const auto wire = value<Wire>();
        if (!wire) return std::nullopt;
        return static_cast<Plain>(*wire);
    }

    ByteView rest_;
};

// Appends to a byte vector that the caller owns.
class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    void bytes(ByteView view) { out_.insert(out_.end(), view.begin(), view.end()); }
    void text(std::string_view view) { bytes(as_bytes(view)); }
    void zeros(std::size_t count) { out_.resize(out_.size() + count); }

    template <class T>
    requires std::is_trivially_copyable_v<T>
    void value(const T& value) { bytes(std::as_bytes(std::span(&value, 1))); }

    void u8(std::uint8_t plain) { value(plain); }
    void be_u16(std::uint16_t plain) { value(be16(plain)); }
    void be_u32(std::uint32_t plain) { value(be32(plain)); }
    void be_u64(std::uint64_t plain) { value(be64(plain)); }

private:
    Bytes& out_;
};

}  // namespace nbdroot::base

namespace nbdroot {
using base::ByteReader;
using base::Bytes;
using base::ByteSpan;
using base::ByteView;
using base::ByteWriter;
}  // namespace nbdroot
