// GET /metrics for Prometheus, on an address and with threads of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "server/config/endpoint.h"
#include "server/control/statistics.h"

namespace nbdroot::server::metrics {

class Metrics {
public:
    // GATHER is called on LOOP's thread, when somebody scrapes. Signals must have been taken over
    // before: the threads inherit that.
    static Result<std::unique_ptr<Metrics>> open(io::Loop& loop, const config::Endpoint& endpoint,
                                                 std::function<control::Statistics()> gather);
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // "http://127.0.0.1:9810/metrics", with the port that the kernel picked.
    [[nodiscard]] const std::string& where() const { return where_; }

private:
    class Parts;

    Metrics(std::unique_ptr<Parts> parts, std::string where);

    std::unique_ptr<Parts> parts_;
    std::string where_;
};

}  // namespace nbdroot::server::metrics
