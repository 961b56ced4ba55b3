#include <cerrno>

#include "agent/root/modules_list.h"
#include "agent/root/root.h"
#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"
#include "lib/sys/module.h"

namespace nbdroot::agent::root {

Result<int> load_modules(const Log& log) {
    static const std::string kList = "/etc/nbdroot/modules";
    const auto text = sys::read_text_file(kList);
    if (!text && text.error().code == ENOENT) return 0;
    if (!text) return fail(text.error());
    int loaded = 0;
    for (const ModuleEntry& entry : parse_modules_list(*text)) {
        const auto result = sys::load_module(entry.path, entry.parameters);
        if (result) {
            ++loaded;
            log.debug(cat("module ", entry.path, " ", entry.parameters));
        } else if (result.error().code == ENODEV) {  // a driver for another processor
            log.debug(cat("module ", entry.path, ": not for this machine"));
        } else {
            log.warning(result.error().message() + "; going on without it");
        }
    }
    return loaded;
}

}  // namespace nbdroot::agent::root
