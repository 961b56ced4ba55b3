// Writes JSON (RFC 8259): compact, in the order of the calls.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::base {

// TEXT as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD, a replacement for each
// byte, so that the document stays valid whatever a peer or a command line says.
[[nodiscard]] std::string json_string(std::string_view text);

// Whether TEXT is UTF-8 (RFC 3629), so that json_string takes all of it as it is.
[[nodiscard]] bool is_utf8(std::string_view text);

// Commas and colons come by themselves; begin and end must match, which is the caller's duty.
//   JsonWriter json; json.begin_object(); json.member("port", 10809); json.end_object();
class JsonWriter {
public:
    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }

    // The next value belongs to NAME.
    void key(std::string_view name);

    void value(std::string_view text) { raw(json_string(text)); }
    void value(const std::string& text) { value(std::string_view(text)); }
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool truth) { raw(truth ? "true" : "false"); }
    template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>) void value(T number) {
        raw(cat(number));
    }
    void null() { raw("null"); }

    template <class T>
    void member(std::string_view name, const T& item) {
        key(name);
        value(item);
    }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    void raw(std::string_view piece);
    void open(char bracket);
    void close(char bracket);
    void separate();

    std::string text_;
    bool needs_comma_ = false;
};

}  // namespace nbdroot::base
