// A client that has asked for the reserved name leaves the sessions with its socket.
#include <utility>

#include "server/session/session.h"

namespace nbdroot::server::session {

// True: the session has ended. False: the end of its handshake is not sent yet.
bool Session::hand_over() {
    if (!output_.empty()) return false;
    if (drain_reason_ || !surroundings_.service) {
        end(drain_reason_.value_or("closed: no service connections here"));
        return true;
    }
    watch_.reset();
    service::Arrival arrival{.socket = std::move(socket_),
                             .peer = peer_,
                             .address = address_,
                             .subject = *negotiation_->service_subject(),
                             .structured_replies = negotiation_->features().structured_replies,
                             .received = std::move(input_)};
    end_logged_ = true;  // the connection goes on
    surroundings_.service->take(std::move(arrival));
    end("");
    return true;
}

}  // namespace nbdroot::server::session
