#include "server/admission/command.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::server::admission {
namespace {

bool is_plain(char character) {
    constexpr std::string_view kPlain = "/._-+:,@=";
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           kPlain.find(character) != std::string_view::npos;
}

}  // namespace

std::string quote_word(std::string_view text) {
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    std::string word = "'";
    for (const char character : text) {
        if (character == '\'') {
            word += "'\\''";
        } else {
            word += character;
        }
    }
    return word + "'";
}

sys::Program make_command(std::string_view command, const Occasion& occasion) {
    std::string line;
    while (!command.empty()) {
        const std::size_t length = command.starts_with("%s") || command.starts_with("%%") ? 2 : 1;
        const std::string_view piece = command.substr(0, length);
        line +=
            piece == "%s" ? quote_word(occasion.path) : std::string(piece == "%%" ? "%" : piece);
        command.remove_prefix(length);
    }
    return {.path = "/bin/sh",
            .arguments = {"-c", std::move(line)},
            .environment = {cat("NBDROOT_EXPORT=", occasion.export_name),
                            cat("NBDROOT_CLIENT=", occasion.client),
                            cat("NBDROOT_PATH=", occasion.path)}};
}

}  // namespace nbdroot::server::admission
