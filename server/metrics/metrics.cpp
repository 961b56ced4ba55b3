#include "server/metrics/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <exception>
#include <future>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/listener.h"
#include "lib/sys/socket_address.h"
#include "lib/sys/tcp_client.h"
#include "server/metrics/families.h"
#include "server/metrics/snapshots.h"

namespace nbdroot::server::metrics {
namespace {

// Prometheus gives up after 10 s unless told otherwise.
constexpr Duration kSnapshotLimit = std::chrono::seconds(5);

// One for each scraper that comes at the same time; a slow one keeps nobody else waiting for long.
constexpr const char* kThreads = "4";
constexpr const char* kRequestLimitMs = "5000";

constexpr Duration kWakePause{10};

class Collector final : public prometheus::Collectable {
public:
    explicit Collector(Snapshots& snapshots) : snapshots_(snapshots) {}

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
        return families_of(snapshots_.get(kSnapshotLimit).get());
    }

private:
    Snapshots& snapshots_;
};

std::string address_text(const config::Endpoint& endpoint) {
    const bool v6 = endpoint.ip.find(':') != std::string::npos;
    return v6 ? cat('[', endpoint.ip, "]:", endpoint.port) : cat(endpoint.ip, ':', endpoint.port);
}

// As the HTTP server wants it: "+PORT" is every address of both families.
std::string listening_option(const config::Endpoint& endpoint) {
    if (endpoint.ip.empty()) return cat('+', endpoint.port);
    return address_text(endpoint);
}

}  // namespace

class Metrics::Parts {
public:
    Parts(std::unique_ptr<Snapshots> made, const config::Endpoint& endpoint)
        : snapshots_(std::move(made)),
          collector_(std::make_shared<Collector>(*snapshots_)),
          endpoint_(endpoint),
          exposer_(std::make_unique<prometheus::Exposer>(
              std::vector<std::string>{"listening_ports", listening_option(endpoint), "num_threads",
                                       kThreads, "request_timeout_ms", kRequestLimitMs})) {
        exposer_->RegisterCollectable(collector_);
        const auto ports = exposer_->GetListeningPorts();
        if (!ports.empty()) endpoint_.port = static_cast<std::uint16_t>(ports[0]);
    }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts();

    // With the port that the kernel picked.
    [[nodiscard]] const config::Endpoint& endpoint() const { return endpoint_; }

private:
    void wake() const;

    std::unique_ptr<Snapshots> snapshots_;
    std::shared_ptr<Collector> collector_;
    config::Endpoint endpoint_;
    std::unique_ptr<prometheus::Exposer> exposer_;
};

// The library's acceptor looks only every 2 s whether it shall end, and a server that restarts has
// no time to lose: connections make it look.
Metrics::Parts::~Parts() {
    snapshots_->close();  // its threads must not wait for a loop that has ended
    std::promise<void> ended;
    auto end = ended.get_future();
    std::thread ending;
    try {
        ending = std::thread([&] {
            exposer_.reset();
            ended.set_value();
        });
    } catch (const std::system_error&) {
        return;  // no thread to be had: then it takes 2 s
    }
    while (end.wait_for(kWakePause) != std::future_status::ready) wake();
    ending.join();
}

void Metrics::Parts::wake() const {
    const std::string ip = endpoint_.ip.empty() ? "127.0.0.1" : endpoint_.ip;
    const auto address = sys::parse_socket_address(ip, endpoint_.port);
    if (address) (void)sys::start_connect(*address, ip);  // closed at once: it is enough
}

Metrics::Metrics(std::unique_ptr<Parts> parts, std::string where)
    : parts_(std::move(parts)), where_(std::move(where)) {}

Metrics::~Metrics() = default;

Result<std::unique_ptr<Metrics>> Metrics::open(io::Loop& loop, const config::Endpoint& endpoint,
                                               std::function<control::Statistics()> gather) {
    auto snapshots = NBDROOT_TRY(Snapshots::make(loop, std::move(gather)));
    std::string failure;
    try {
        auto parts = std::make_unique<Parts>(std::move(snapshots), endpoint);
        config::Endpoint shown = parts->endpoint();
        if (shown.ip.empty()) shown.ip = "*";
        std::string where = cat("http://", address_text(shown), "/metrics");
        return std::unique_ptr<Metrics>(new Metrics(std::move(parts), std::move(where)));
    } catch (const std::exception& error) {  // the library throws
        failure = error.what();
    }
    // It does not say why; the kernel does.
    NBDROOT_CHECK(sys::listen_tcp(endpoint.ip, endpoint.port));
    return fail("metrics", address_text(endpoint), failure);
}

}  // namespace nbdroot::server::metrics
