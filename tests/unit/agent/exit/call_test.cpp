#include "agent/exit/call.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace nbdroot::agent::exit {
namespace {

Call parse(std::vector<const char*> words, Caller caller = {}) {
    words.insert(words.begin(), "shutdown");
    return parse_call(words, caller);
}

}  // namespace

TEST_CASE("each word has its task") {
    CHECK(parse({"--help"}).task == Task::help);
    CHECK(parse({"--finish"}).task == Task::finish);
    CHECK(parse({"--read-only"}).task == Task::read_only);
    CHECK(parse({"kexec", "--log-level=6"}) == Call{.task = Task::end, .how = MachineEnd::kexec});
    CHECK(parse({"--ending", "halt"}) == Call{.task = Task::announce, .how = MachineEnd::halt});
    CHECK(parse({"--ending", "none"}) == Call{.task = Task::announce, .revokes = true});
}

TEST_CASE("words that mean nothing are refused, with a status of their own") {
    for (const auto& words : std::vector<std::vector<const char*>>{
             {}, {""}, {"suspend"}, {"none"}, {"--ending"}, {"--ending", "sleep"}}) {
        const Call call = parse(words);
        CHECK(call.task == Task::refuse);
        CHECK(call.status == ExitStatus::wrong_usage);
        CHECK_FALSE(call.complaint.empty());
    }
}

TEST_CASE("process 1 never returns, whatever it is called with: the kernel would panic") {
    for (const auto& words : std::vector<std::vector<const char*>>{{},
                                                                   {"--help"},
                                                                   {"--finish"},
                                                                   {"--read-only"},
                                                                   {"--ending", "halt"},
                                                                   {"soft-reboot"}}) {
        const Call call = parse(words, {.is_first_process = true});
        CHECK(call.task == Task::end);
        CHECK(call.how == MachineEnd::poweroff);
        CHECK_FALSE(call.complaint.empty());
    }
    CHECK(parse({"reboot"}, {.is_first_process = true}) ==
          Call{.task = Task::end, .how = MachineEnd::reboot});
}

TEST_CASE("who is not root is refused before anything of his is ended") {
    const Caller user{.is_root = false};
    for (const char* const word : {"poweroff", "--finish", "--read-only"}) {
        CHECK(parse({word}, user) == Call{.complaint = "needs root", .status = ExitStatus::failed});
    }
    CHECK(parse({"--help"}, user).task == Task::help);
}

}  // namespace nbdroot::agent::exit
