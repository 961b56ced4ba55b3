#include "server/control/control.h"

#include <utility>

#include "lib/sys/file.h"
#include "server/control/request.h"

namespace nbdroot::server::control {
namespace {

constexpr mode_t kDirectoryMode = 0755;  // the socket in it is for its owner alone

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

Result<std::unique_ptr<Control>> Control::open(World world, const std::string& path,
                                               const Inherited& inherited) {
    const std::string wanted = path.empty() ? kDefaultSocket : path;
    std::unique_ptr<Control> control(new Control(std::move(world)));
    io::Loop& loop = control->world_.loop;
    const auto handler = [&commands = control->commands_](std::string_view line,
                                                          const Desk::Answer& answer) {
        commands.on_line(line,
                         {.tell = [answer](std::string text) { answer.give(std::move(text)); },
                          .waits = [answer] { return answer.wanted(); }});
    };
    auto listener = inherited ? inherited(wanted) : std::nullopt;
    if (listener) {
        control->desk_ = NBDROOT_TRY(Desk::take_over(loop, wanted, handler, std::move(*listener)));
        return control;
    }
    if (path.empty()) {
        const std::string directory = directory_of(wanted);
        if (sys::is_writable_directory(directory_of(directory))) {
            NBDROOT_CHECK(sys::make_directories(directory, kDirectoryMode));
        }
    }
    control->desk_ = NBDROOT_TRY(Desk::open(loop, wanted, handler));
    return control;
}

}  // namespace nbdroot::server::control
