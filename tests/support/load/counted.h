// Events of the load, as lines of JSON.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tests/support/load/worker.h"

namespace nbdroot::load {

using Workers = std::vector<std::unique_ptr<Worker>>;

// {"event":NAME,"files":[acknowledged, by writer],"reads":…,"write_errors":…,"read_errors":…,
// "bad_reads":…,"longest_write_ms":…,"longest_read_ms":…}; what goes on counts for the longest.
void print_counts(std::string_view name, const Workers& writers, const Workers& readers);

// A line at once, whole.
void print_line(std::string text);

}  // namespace nbdroot::load
