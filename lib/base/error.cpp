#include "lib/base/error.h"

namespace nbdroot::base {

std::string Error::message() const {
    std::string text = operation;
    if (!object.empty()) {
        if (!text.empty()) text += ' ';
        text += object;
    }
    if (!text.empty()) text += ": ";
    return text + reason;
}

}  // namespace nbdroot::base
