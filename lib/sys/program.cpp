#include "lib/sys/program.h"

#include <signal.h>
#include <unistd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

void reset_signals() {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);  // KILL, STOP refuse
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

bool is_first_process() { return ::getpid() == 1; }

Error execute(const Program& program, SignalState signals) {
    if (signals == SignalState::fresh) reset_signals();
    std::vector<std::string> arguments{program.path};
    arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
    std::vector<std::string> environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        environment.emplace_back(*entry);
    }
    environment.insert(environment.end(), program.environment.begin(), program.environment.end());
    ::execve(program.path.c_str(), pointers(arguments).data(), pointers(environment).data());
    return fail_errno("execute", program.path).value();
}

}  // namespace nbdroot::sys
