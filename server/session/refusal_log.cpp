#include "server/session/refusal_log.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::session {
namespace {

std::string key_of(std::string_view peer, std::string_view reason) {
    std::string words(reason);  // seconds and ports differ each time
    std::erase_if(words, [](char character) { return character >= '0' && character <= '9'; });
    return cat(peer.substr(0, peer.rfind(':')), ' ', words);
}

}  // namespace

std::optional<std::string> RefusalLog::on_refusal(std::string_view peer, std::string_view reason,
                                                  Instant now) {
    if (known_.size() >= kMaximumKnown) known_.clear();
    const auto [place, is_new] = known_.try_emplace(key_of(peer, reason), Known{.said = now});
    if (is_new) return "";
    Known& known = place->second;
    if (now - known.said < kInterval) {
        ++known.unsaid;
        return std::nullopt;
    }
    known.said = now;
    const unsigned unsaid = std::exchange(known.unsaid, 0);
    return unsaid == 0 ? "" : cat("; ", unsaid, " more like it since this was last logged");
}

}  // namespace nbdroot::server::session
