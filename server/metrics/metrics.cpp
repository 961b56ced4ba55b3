#include "server/metrics/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <exception>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/listener.h"
#include "server/metrics/families.h"
#include "server/metrics/snapshots.h"

namespace nbdroot::server::metrics {
namespace {

// Prometheus gives up after 10 s unless told otherwise.
constexpr Duration kSnapshotLimit = std::chrono::seconds(5);

// One for each scraper that comes at the same time; a slow one keeps nobody else waiting for long.
constexpr const char* kThreads = "4";
constexpr const char* kRequestLimitMs = "5000";

class Collector final : public prometheus::Collectable {
public:
    explicit Collector(Snapshots& snapshots) : snapshots_(snapshots) {}

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
        return families_of(snapshots_.get(kSnapshotLimit).get());
    }

private:
    Snapshots& snapshots_;
};

std::string address_text(const config::Endpoint& endpoint, unsigned port) {
    const bool v6 = endpoint.ip.find(':') != std::string::npos;
    return v6 ? cat('[', endpoint.ip, "]:", port) : cat(endpoint.ip, ':', port);
}

// As the HTTP server wants it: "+PORT" is every address of both families.
std::string listening_option(const config::Endpoint& endpoint) {
    if (endpoint.ip.empty()) return cat('+', endpoint.port);
    return address_text(endpoint, endpoint.port);
}

}  // namespace

class Metrics::Parts {
public:
    Parts(std::unique_ptr<Snapshots> made, const config::Endpoint& endpoint)
        : snapshots(std::move(made)),
          collector(std::make_shared<Collector>(*snapshots)),
          exposer(std::vector<std::string>{"listening_ports", listening_option(endpoint),
                                           "num_threads", kThreads, "request_timeout_ms",
                                           kRequestLimitMs}) {
        exposer.RegisterCollectable(collector);
    }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    // Its threads must not wait for a loop that has ended.
    ~Parts() { snapshots->close(); }

    std::unique_ptr<Snapshots> snapshots;
    std::shared_ptr<Collector> collector;
    prometheus::Exposer exposer;
};

Metrics::Metrics(std::unique_ptr<Parts> parts, std::string where)
    : parts_(std::move(parts)), where_(std::move(where)) {}

Metrics::~Metrics() = default;

Result<std::unique_ptr<Metrics>> Metrics::open(io::Loop& loop, const config::Endpoint& endpoint,
                                               std::function<control::Statistics()> gather) {
    auto snapshots = NBDROOT_TRY(Snapshots::make(loop, std::move(gather)));
    std::string failure;
    try {
        auto parts = std::make_unique<Parts>(std::move(snapshots), endpoint);
        const auto ports = parts->exposer.GetListeningPorts();
        const unsigned port = ports.empty() ? endpoint.port : static_cast<unsigned>(ports[0]);
        const config::Endpoint shown{.ip = endpoint.ip.empty() ? "*" : endpoint.ip, .port = 0};
        return std::unique_ptr<Metrics>(
            new Metrics(std::move(parts), cat("http://", address_text(shown, port), "/metrics")));
    } catch (const std::exception& error) {  // the library throws
        failure = error.what();
    }
    // It does not say why; the kernel does.
    NBDROOT_CHECK(sys::listen_tcp(endpoint.ip, endpoint.port));
    return fail("metrics", address_text(endpoint, endpoint.port), failure);
}

}  // namespace nbdroot::server::metrics
