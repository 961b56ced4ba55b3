#include "server/restart/program_check.h"

#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/stream.h"

namespace nbdroot::server::restart {
namespace {

// What a program prints beyond it is read, and forgotten.
constexpr std::size_t kLongestOutput = 64 << 10;

constexpr std::string_view kOwnPrefix = "nbd-rootserver: ";
constexpr std::size_t kLongestComplaint = 1000;

std::string how(const sys::ChildEnd& end) {
    return end.signal != 0 ? cat("killed by signal ", end.signal) : cat("exit status ", end.status);
}

}  // namespace

Complaints complaints_of(const sys::ChildEnd& end, std::string_view printed) {
    if (end.is_success()) return {};
    Complaints complaints;
    std::size_t left_out = 0;
    while (!printed.empty()) {
        std::string_view line = printed.substr(0, printed.find('\n'));
        printed.remove_prefix(std::min(line.size() + 1, printed.size()));
        if (line.starts_with(kOwnPrefix)) line.remove_prefix(kOwnPrefix.size());
        if (line.empty()) continue;
        if (complaints.size() < kMostComplaints) {
            complaints.push_back(base::printable(line, kLongestComplaint));
        } else {
            ++left_out;
        }
    }
    if (left_out > 0) complaints.push_back(cat("and ", left_out, " lines more"));
    if (complaints.empty()) complaints.push_back(cat("no word, but ", how(end)));
    return complaints;
}

Result<std::unique_ptr<ProgramCheck>> ProgramCheck::start(io::Loop& loop,
                                                          const sys::Program& program,
                                                          Duration limit, Done done) {
    auto pair = NBDROOT_TRY(sys::make_stream_pair());
    auto child = NBDROOT_TRY(sys::ChildProgram::start(program, pair.second.get()));
    std::unique_ptr<ProgramCheck> check(
        new ProgramCheck(std::move(child), std::move(pair.first), std::move(done)));
    ProgramCheck* const raw = check.get();
    check->output_watch_ = NBDROOT_TRY(
        loop.watch(raw->output_.get(), {.readable = true}, [raw](io::Ready) { raw->read(); }));
    check->end_watch_ = NBDROOT_TRY(
        loop.watch(raw->child_.end_fd(), {.readable = true}, [raw](io::Ready) { raw->on_end(); }));
    check->deadline_ = loop.timer([raw, limit] { raw->on_deadline(limit); });
    check->deadline_->arm(loop.now() + limit);
    return check;
}

void ProgramCheck::read() {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const auto moved = sys::receive_some(output_.get(), buffer, "output of --check");
        if (moved && !*moved) return;
        if (!moved || **moved == 0) return output_watch_.reset();
        const std::string_view text = base::as_text(ByteView(buffer).first(**moved));
        printed_ += text.substr(0, kLongestOutput - std::min(printed_.size(), kLongestOutput));
    }
}

void ProgramCheck::on_end() {
    const auto end = child_.collect();
    if (!end) return;
    read();  // what it has said at last
    tell(complaints_of(*end, printed_));
}

void ProgramCheck::on_deadline(Duration limit) {
    tell({cat("not done after ", limit / std::chrono::seconds(1), " s, killed")});
}

void ProgramCheck::tell(const Complaints& complaints) {
    output_watch_.reset();
    end_watch_.reset();
    deadline_.reset();
    const Done done = std::move(done_);
    done(complaints);
}

}  // namespace nbdroot::server::restart
