// The server's statistics as Prometheus knows them. Pure.
//
// Labels are exports, kinds of requests and reasons: as many series as the configuration has
// exports, however many clients come.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "server/control/statistics.h"

namespace nbdroot::server::metrics {

// STATISTICS is null where the loop did not answer in time: then only that is said.
[[nodiscard]] std::vector<prometheus::MetricFamily> families_of(
    const control::Statistics* statistics);

}  // namespace nbdroot::server::metrics
