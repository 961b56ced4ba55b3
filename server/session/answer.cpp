#include "server/session/answer.h"

#include <cerrno>

namespace nbdroot::server::session {

std::optional<protocol::nbd::ErrorNumber> answer_for(const Error& error) {
    using protocol::nbd::ErrorNumber;
    switch (error.code) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return ErrorNumber::no_space;
        case EPERM:
        case EACCES:
        case EROFS:
            return ErrorNumber::permission;
        case ENOMEM:
        case ENOBUFS:
        case EMFILE:
        case ENFILE:
        case EAGAIN:
        case EINTR:
            return std::nullopt;
        default:
            return ErrorNumber::io;
    }
}

}  // namespace nbdroot::server::session
