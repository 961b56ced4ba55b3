// The kernel's files about a block device: the tracepoints' lines, in whatever pieces they come,
// the driver's queue and the statistics.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/control/kernel_queue.h"
#include "agent/control/request_trace.h"
#include "lib/base/assert.h"
#include "lib/base/block_figures.h"
#include "lib/base/json_value.h"

using namespace nbdroot::agent::control;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    RequestTrace whole;
    whole.read(text);
    NBDROOT_ASSERT(whole.open().size() <= RequestTrace::kMost);
    nbdroot::base::JsonWriter queue;
    queue.begin_array();
    write_queue(queue, text);
    queue.end_array();
    const auto read = nbdroot::base::parse_json(queue.text());
    NBDROOT_ASSERT(read.has_value() && read->items().size() <= kMostQueued);
    (void)nbdroot::base::parse_block_figures(text);
    if (size > 256) return 0;  // a line that is too long is dropped where its pieces end
    RequestTrace pieces;
    for (const char& c : text) pieces.read({&c, 1});
    NBDROOT_ASSERT(pieces.open() == whole.open());
    return 0;
}
