#include "lib/protocol/nbd/image_root.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::protocol::nbd {
namespace {

bool is_digit(char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
}

}  // namespace

std::string describe_image_root(std::string_view root) {
    return root.empty() ? std::string() : cat("image ", root);
}

std::string image_root_of(std::string_view description) {
    for (const std::string_view word : base::split(description, ' ')) {
        if (word.size() != kImageRootForm.size() + kImageRootDigits) continue;
        if (!word.starts_with(kImageRootForm)) continue;
        const std::string_view digits = word.substr(kImageRootForm.size());
        if (std::all_of(digits.begin(), digits.end(), is_digit)) return std::string(word);
    }
    return {};
}

}  // namespace nbdroot::protocol::nbd
