#include "lib/protocol/nbd/export_description.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::protocol::nbd {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool is_hex_digit(char character) {
    return is_digit(character) || (character >= 'a' && character <= 'f');
}

bool is_of_version(char character) {
    return is_digit(character) || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') ||
           std::string_view(".+~-").find(character) != std::string_view::npos;
}

bool is_image_root(std::string_view word) {
    if (word.size() != kImageRootForm.size() + kImageRootDigits) return false;
    if (!word.starts_with(kImageRootForm)) return false;
    const std::string_view digits = word.substr(kImageRootForm.size());
    return std::all_of(digits.begin(), digits.end(), is_hex_digit);
}

bool is_software(std::string_view text) {
    if (!text.starts_with(kServerSoftware)) return false;
    const std::string_view version = text.substr(kServerSoftware.size());
    return !version.empty() && version.size() <= kLongestVersion && is_digit(version.front()) &&
           std::all_of(version.begin(), version.end(), is_of_version);
}

}  // namespace

std::string to_text(const ExportDescription& description) {
    if (description.image_root.empty()) return description.software;
    const std::string_view separator = description.software.empty() ? "" : "; ";
    return cat(description.software, separator, "image ", description.image_root);
}

ExportDescription parse_export_description(std::string_view text) {
    ExportDescription description;
    const std::string_view beginning = text.substr(0, text.find(';'));
    if (is_software(beginning)) description.software = beginning;
    for (const std::string_view word : base::split(text, ' ')) {
        if (!is_image_root(word)) continue;
        description.image_root = word;
        break;
    }
    return description;
}

}  // namespace nbdroot::protocol::nbd
