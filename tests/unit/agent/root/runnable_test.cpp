#include "agent/root/runnable.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "agent/root/program_header.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using agent::root::check_runnable;

namespace {

// A root file system of files that can be executed.
struct Root {
    Root() {
        char name[] = "/tmp/nbdroot-runnable-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~Root() { std::filesystem::remove_all(path); }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;

    void add(const std::string& name, std::string_view text) const {
        const std::string file = path + name;
        REQUIRE(sys::make_directories(std::filesystem::path(file).parent_path()));
        REQUIRE(sys::replace_file(file, text, 0755));
    }

    [[nodiscard]] std::string refusal(const std::string& program) const {
        const auto runs = check_runnable(path, program);
        return runs ? std::string() : runs.error().reason;
    }

    std::string path;
};

std::string static_program(agent::root::Machine machine) {
    std::string text =
        "\x7f"
        "ELF\2\1";
    text.resize(64);
    text[18] = static_cast<char>(machine);
    return text;
}

}  // namespace

TEST_CASE("what runs here is a program of this machine with all its interpreters") {
    const Root root;
    root.add("/bin/sh", static_program(agent::root::own_machine()));
    root.add("/sbin/init", "#!/bin/sh\n");
    root.add("/init", "#! /sbin/init -x\n");
    CHECK(root.refusal("/bin/sh").empty());
    CHECK(root.refusal("/sbin/init").empty());
    CHECK(root.refusal("/init").empty());
}

TEST_CASE("an init that could not be executed is refused with its reason") {
    const Root root;
    root.add("/foreign", static_program(agent::root::Machine::s390x));
    root.add("/wrapped", "#!/foreign\n");
    root.add("/empty", "");
    root.add("/text", "echo hello\n");
    root.add("/lost", "#!/bin/bash\n");
    root.add("/dos", "#!/foreign\r\n");
    root.add("/blank", "#!\n");
    root.add("/ring", "#!/ring\n");
    const std::string own = name_of(agent::root::own_machine());
    const std::string foreign = "it is a program for s390x, and this machine is " + own +
                                "; use an image for this architecture";
    const std::string missing = ", cannot be executed in the root file system: ";
    const std::string nothing = "No such file or directory";
    const std::string line = "the interpreter of its first line, ";
    CHECK(root.refusal("/nowhere") == nothing);
    CHECK(root.refusal("/foreign") == foreign);
    CHECK(root.refusal("/wrapped") == line + "/foreign: " + foreign);
    CHECK(root.refusal("/empty") == "the file is empty");
    CHECK(root.refusal("/text") == "it is neither an ELF program nor a script that begins with #!");
    CHECK(root.refusal("/lost") == line + "/bin/bash" + missing + nothing);
    CHECK(root.refusal("/dos") == line + "/foreign\\x0d" + missing + nothing);
    CHECK(root.refusal("/blank") == "its first line, #!, names no interpreter");
    CHECK(root.refusal("/ring").ends_with("too many interpreters of interpreters"));
}

TEST_CASE("a program whose loader the image lacks is refused with the loader's name") {
    const Root root;
    std::string program = static_program(agent::root::own_machine());
    program.resize(300);
    program[32] = 64;  // where the program headers are,
    program[54] = 56;  // their size
    program[56] = 1;   // and number
    program[64] = 3;   // PT_INTERP
    program[64 + 8] = 120;
    program[64 + 32] = 9;
    program.replace(120, 8, "/ld.so.1");
    root.add("/init", program);
    CHECK(root.refusal("/init") ==
          "its loader, /ld.so.1, cannot be executed in the root file system: No such file or "
          "directory");
    root.add("/ld.so.1", static_program(agent::root::own_machine()));
    CHECK(root.refusal("/init").empty());
}
