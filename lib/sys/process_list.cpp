#include "lib/sys/process_list.h"

#include <dirent.h>
#include <signal.h>

#include <memory>
#include <optional>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
namespace {

struct Close {
    void operator()(DIR* entries) const { ::closedir(entries); }
};

struct Kin {
    char state = 0;
    pid_t parent = 0;
    pid_t session = 0;
};

// "PID (NAME) STATE PARENT GROUP SESSION ...": NAME may hold anything, a closing bracket too
// (proc(5)).
std::optional<Kin> kin_in(std::string_view stat) {
    const std::size_t end = stat.rfind(')');
    if (end == std::string_view::npos) return std::nullopt;
    const auto fields = base::split(stat.substr(end + 1), ' ');
    if (fields.size() < 5 || fields[1].empty()) return std::nullopt;
    const auto parent = base::parse_decimal(fields[2], INT32_MAX);
    const auto session = base::parse_decimal(fields[4], INT32_MAX);
    if (!parent || !session) return std::nullopt;
    return Kin{.state = fields[1].front(),
               .parent = static_cast<pid_t>(*parent),
               .session = static_cast<pid_t>(*session)};
}

// Kernel threads and zombies have no program.
std::optional<ProcessInfo> look_at(std::string_view number) {
    const auto pid = base::parse_decimal(number, INT32_MAX);
    if (!pid) return std::nullopt;
    const std::string folder = cat("/proc/", number);
    auto program = read_link(folder + "/exe");
    const auto stat = read_text_file(folder + "/stat");
    const auto arguments = read_text_file(folder + "/cmdline", 4 << 20);
    const auto kin = stat ? kin_in(*stat) : std::nullopt;
    if (!program || !kin) return std::nullopt;
    return ProcessInfo{
        .pid = static_cast<pid_t>(*pid),
        .parent = kin->parent,
        .name = arguments ? arguments->substr(0, arguments->find('\0')) : std::string(),
        .program = std::move(*program)};
}

}  // namespace

Result<std::vector<ProcessInfo>> list_processes() {
    const std::unique_ptr<DIR, Close> entries(::opendir("/proc"));
    if (!entries) return fail_errno("open", "/proc");
    std::vector<ProcessInfo> all;
    while (const dirent* const entry = ::readdir(entries.get())) {
        auto process = look_at(entry->d_name);
        if (process) all.push_back(std::move(*process));
    }
    return all;
}

std::vector<pid_t> others_in_session(pid_t pid) {
    std::vector<pid_t> all;
    const std::unique_ptr<DIR, Close> entries(::opendir("/proc"));
    if (!entries) return all;
    while (const dirent* const entry = ::readdir(entries.get())) {
        const auto number = base::parse_decimal(entry->d_name, INT32_MAX);
        if (!number || static_cast<pid_t>(*number) == pid) continue;
        const auto stat = read_text_file(cat("/proc/", *number, "/stat"));
        const auto kin = stat ? kin_in(*stat) : std::nullopt;
        if (!kin || kin->session != pid || kin->state == 'Z' || kin->state == 'X') continue;
        all.push_back(static_cast<pid_t>(*number));
    }
    return all;
}

void ask_to_end(pid_t pid) {
    ::kill(pid, SIGTERM);
    ::kill(pid, SIGCONT);
}

void stop_process(pid_t pid) { ::kill(pid, SIGSTOP); }

}  // namespace nbdroot::sys
