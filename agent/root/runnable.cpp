#include "agent/root/runnable.h"

#include <cerrno>

#include "agent/root/program_header.h"
#include "lib/base/text.h"
#include "lib/sys/mount.h"

namespace nbdroot::agent::root {
namespace {

// As many interpreters of interpreters as the kernel goes through (fs/exec.c, exec_binprm).
constexpr int kDepthMaximum = 5;

Failure refuse(const std::string& path, const std::string& reason) {
    return fail("execute", path, reason, ENOEXEC);
}

Result<void> check(const std::string& root, const std::string& path, int depth);

Result<void> check_interpreter(const std::string& root, const std::string& path,
                               const ProgramHeader& header, int depth) {
    const bool is_script = header.kind == ProgramHeader::Kind::script;
    if (is_script && header.interpreter.empty()) {
        return refuse(path, "its first line, #!, names no interpreter");
    }
    if (header.interpreter.empty()) return {};
    const std::string who = cat(is_script ? "the interpreter of its first line, " : "its loader, ",
                                base::printable(header.interpreter));
    const auto there = sys::check_program(root, header.interpreter);
    if (!there) {
        return refuse(
            path, cat(who, ", cannot be executed in the root file system: ", there.error().reason));
    }
    const auto runs = check(root, header.interpreter, depth + 1);
    if (!runs) return refuse(path, cat(who, ": ", runs.error().reason));
    return {};
}

Result<void> check(const std::string& root, const std::string& path, int depth) {
    NBDROOT_CHECK(sys::check_program(root, path));
    if (depth > kDepthMaximum) return refuse(path, "too many interpreters of interpreters");
    const auto start = sys::read_program_start(root, path, kHeaderBytes);
    if (!start) return {};  // execve(2) will have the last word
    const ProgramHeader header = read_program_header(*start);
    switch (header.kind) {
        case ProgramHeader::Kind::empty:
            return refuse(path, "the file is empty");
        case ProgramHeader::Kind::other:
            return refuse(path, "it is neither an ELF program nor a script that begins with #!");
        case ProgramHeader::Kind::elf:
            if (may_run(own_machine(), header.machine)) break;
            return refuse(
                path, cat("it is a program for ", name_of(header.machine), ", and this machine is ",
                          name_of(own_machine()), "; use an image for this architecture"));
        case ProgramHeader::Kind::script:
            break;
    }
    return check_interpreter(root, path, header, depth);
}

}  // namespace

Result<void> check_runnable(const std::string& root, const std::string& path) {
    return check(root, path, 0);
}

}  // namespace nbdroot::agent::root
