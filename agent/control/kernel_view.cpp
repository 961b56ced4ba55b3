#include "agent/control/kernel_view.h"

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::control {
namespace {

constexpr int kMostQueues = 64;

}  // namespace

KernelView look_at_kernel(const std::string& device) {
    KernelView view;
    const auto stat = sys::read_text_file(cat("/sys/block/", device, "/stat"));
    if (stat) view.figures = base::parse_block_figures(*stat);
    for (int i = 0; i < kMostQueues; ++i) {
        const auto busy =
            sys::read_text_file(cat("/sys/kernel/debug/block/", device, "/hctx", i, "/busy"));
        if (!busy && i == 0) {
            view.trouble = cat(busy.error().message(), "; is debugfs mounted there?");
        }
        if (!busy) break;
        view.queue += *busy;
    }
    return view;
}

}  // namespace nbdroot::agent::control
