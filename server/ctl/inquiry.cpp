#include "server/ctl/inquiry.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/unix_client.h"

namespace nbdroot::server::ctl {
namespace {

// A server under load answers between two of its turns.
constexpr Duration kAnswerLimit = std::chrono::seconds(20);

// A reload opens every image, and reads some of those that are new: on slow disks, many of them.
constexpr Duration kReloadLimit = std::chrono::minutes(10);

// Some 500 bytes for each client of a server that has tens of thousands.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;

std::string hint(const Error& error) {
    switch (error.code) {
        case ENOENT:
        case ECONNREFUSED:
            return "; no server runs with this control socket: see systemctl status "
                   "nbd-rootserver, or name another with -s";
        case EACCES:
        case EPERM:
            return "; only the user who started the server may ask it: try as root";
        default:
            return "";
    }
}

tl::unexpected<Complaint> complain(std::string text, ExitStatus status) {
    return tl::unexpected(Complaint{.text = std::move(text), .status = status});
}

}  // namespace

Duration limit_of(const control::Request& request) {
    using Command = control::Request::Command;
    // A restart checks the configuration, which opens every image; then its successor is waited
    // for, which begins when the images are synced.
    // A promotion waits until all of the new image is on the disk.
    constexpr std::array slow{Command::reload, Command::restart, Command::promote,
                              Command::rollback};
    if (std::find(slow.begin(), slow.end(), request.command) != slow.end()) return kReloadLimit;
    return request.command == Command::drain ? kAnswerLimit + request.timeout : kAnswerLimit;
}

tl::expected<Reply, Complaint> ask(const std::string& socket, const control::Request& request,
                                   Duration limit) {
    auto text = sys::ask_unix(socket, to_json(request) + '\n', limit, kLongestAnswer);
    if (!text) {
        return complain(text.error().message() + hint(text.error()), ExitStatus::no_server);
    }
    if (text->empty()) {
        return complain(cat(socket, ": closed without an answer: the server has stopped meanwhile"),
                        ExitStatus::failed);
    }
    auto json = base::parse_json(*text, kLongestAnswer);
    if (!json) {
        return complain(cat(socket, ": no answer of an nbd-rootserver: ", json.error().reason),
                        ExitStatus::failed);
    }
    return Reply{.text = std::move(*text), .json = std::move(*json)};
}

}  // namespace nbdroot::server::ctl
