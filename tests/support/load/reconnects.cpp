#include "tests/support/load/reconnects.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/error.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "tests/support/load/counted.h"

namespace nbdroot::load {
namespace {

constexpr std::uint64_t kWarm = 10;
constexpr std::uint64_t kPageKib = 4;
constexpr Duration kReconnectLimit{60'000};
constexpr Duration kBetweenLooks{5};

Result<std::string> ask(const std::string& control, std::string_view request) {
    const sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, control.c_str(), sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return sys::fail_errno("connect", control);
    }
    NBDROOT_CHECK(sys::write_all(fd.get(), base::as_bytes(cat(request, '\n')), control));
    std::string answer;
    char piece[512];
    for (;;) {
        const ssize_t got = ::read(fd.get(), piece, sizeof piece);
        if (got < 0) return sys::fail_errno("read", control);
        if (got == 0) return answer;
        answer.append(piece, static_cast<std::size_t>(got));
    }
}

// The number behind "NAME": in TEXT.
std::uint64_t number_of(const std::string& text, const std::string& name) {
    const std::size_t at = text.find(name);
    if (at == std::string::npos) return 0;
    const std::string_view rest = std::string_view(text).substr(at + name.size());
    return base::parse_decimal(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(0);
}

Result<std::uint64_t> done_so_far(const std::string& control) {
    const std::string status = NBDROOT_TRY(ask(control, "status"));
    return number_of(status, R"("reconnects":)");
}

Result<void> reconnect_once(const std::string& control) {
    const std::uint64_t before = NBDROOT_TRY(done_so_far(control));
    NBDROOT_CHECK(ask(control, "reconnect"));
    const Instant give_up_at = sys::now() + kReconnectLimit;
    while (NBDROOT_TRY(done_so_far(control)) <= before) {
        if (sys::now() >= give_up_at) return fail("reconnect", control, "not done within 60 s");
        ::poll(nullptr, 0, static_cast<int>(kBetweenLooks.count()));
    }
    return {};
}

std::vector<std::uint64_t> resident_kib() {
    std::vector<std::uint64_t> sizes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = sys::read_text_file(entry.path() / "cmdline");
        if (!name || !name->starts_with("@nbdroot-agent")) continue;
        const auto status = sys::read_text_file(entry.path() / "status");
        const std::size_t at = status ? status->find("VmRSS:") : std::string::npos;
        if (at == std::string::npos) continue;
        const std::size_t digits = status->find_first_of("0123456789", at);
        sizes.push_back(number_of(status->substr(digits - 1), status->substr(digits - 1, 1)));
    }
    return sizes;
}

// A page more or less is where the heap ends; a thousand times anything is more than that.
bool has_grown(const std::vector<std::uint64_t>& from, const std::vector<std::uint64_t>& to) {
    if (from.size() != to.size()) return true;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (to[i] > from[i] + kPageKib) return true;
    }
    return false;
}

std::string describe(const std::vector<std::uint64_t>& sizes) {
    std::string text;
    for (const std::uint64_t size : sizes) text += cat(text.empty() ? "" : ",", size);
    return text;
}

void say(std::uint64_t count, const std::vector<std::uint64_t>& sizes) {
    print_line(cat(R"({"event":"reconnected","count":)", count, R"(,"resident_kib":[)",
                   describe(sizes), "]}"));
}

}  // namespace

Result<void> run_reconnects(const std::string& control, std::uint64_t count) {
    std::vector<std::uint64_t> warm;
    for (std::uint64_t done = 1; done <= count; ++done) {
        NBDROOT_CHECK(reconnect_once(control));
        if (done != kWarm && done != count) continue;
        const auto sizes = resident_kib();
        say(done, sizes);
        if (done == kWarm) warm = sizes;
        if (sizes.empty()) return fail("reconnect", control, "no process of the agent is there");
        if (!has_grown(warm, sizes)) continue;
        return fail("reconnect", control,
                    cat("the agent's processes have ", describe(sizes), " KiB after ", done,
                        " reconnects, ", describe(warm), " KiB after ", kWarm));
    }
    return {};
}

}  // namespace nbdroot::load
