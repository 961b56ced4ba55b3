// What the program that is to take over says of the configuration: PROGRAM --check, as a child.
//
// Nothing has changed yet, and nothing changes. Belongs to a loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/loop.h"
#include "lib/sys/child_program.h"
#include "lib/sys/fd.h"

namespace nbdroot::server::restart {

// What is wrong, a line each; none: it would serve.
using Complaints = std::vector<std::string>;

// More lines help nobody.
inline constexpr std::size_t kMostComplaints = 50;

// What a program that ended as END has printed, as complaints: none where it ended well.
[[nodiscard]] Complaints complaints_of(const sys::ChildEnd& end, std::string_view printed);

class ProgramCheck {
public:
    using Done = std::function<void(const Complaints&)>;

    // DONE is called once, and may destroy this. A program that has not ended after LIMIT is
    // killed.
    static Result<std::unique_ptr<ProgramCheck>> start(io::Loop& loop, const sys::Program& program,
                                                       Duration limit, Done done);
    ProgramCheck(const ProgramCheck&) = delete;
    ProgramCheck& operator=(const ProgramCheck&) = delete;

private:
    ProgramCheck(sys::ChildProgram child, sys::Fd output, Done done)
        : output_(std::move(output)), child_(std::move(child)), done_(std::move(done)) {}

    void read();
    void on_end();
    void on_deadline(Duration limit);
    void tell(const Complaints& complaints);

    sys::Fd output_;
    sys::ChildProgram child_;
    Done done_;
    std::string printed_;
    std::unique_ptr<io::Watch> output_watch_;
    std::unique_ptr<io::Watch> end_watch_;
    std::unique_ptr<io::Timer> deadline_;
};

}  // namespace nbdroot::server::restart
