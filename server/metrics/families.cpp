#include "server/metrics/families.h"

#include <array>
#include <functional>
#include <string>
#include <utility>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "server/control/documents.h"

namespace nbdroot::server::metrics {
namespace {

using control::ExportView;
using control::Statistics;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using session::Traffic;
using Labels = std::vector<ClientMetric::Label>;

// One name with its help; samples are added.
class Family {
public:
    Family(std::string_view name, MetricType type, std::string_view help) {
        family_.name = cat("nbd_rootserver_", name);
        family_.help = help;
        family_.type = type;
    }

    Family& add(std::uint64_t value, Labels labels = {}) {
        ClientMetric metric;
        metric.label = std::move(labels);
        if (family_.type == MetricType::Counter) {
            metric.counter.value = static_cast<double>(value);
        } else {
            metric.gauge.value = static_cast<double>(value);
        }
        family_.metric.push_back(std::move(metric));
        return *this;
    }

    [[nodiscard]] MetricFamily take() { return std::move(family_); }

private:
    MetricFamily family_;
};

Family counter(std::string_view name, std::string_view help) {
    return {name, MetricType::Counter, help};
}

Family gauge(std::string_view name, std::string_view help) {
    return {name, MetricType::Gauge, help};
}

MetricFamily single(Family family, std::uint64_t value) { return family.add(value).take(); }

// The exposition format is UTF-8, and JSON's writer knows what that is.
std::string utf8(const std::string& name) {
    const auto valid = [](const std::string& text) {
        return base::json_string(text).find("\xef\xbf\xbd") == std::string::npos;
    };
    return valid(name) ? name : base::printable(name, name.size());
}

void add_server(std::vector<MetricFamily>& all, const Statistics& now) {
    const session::Tally& tally = now.tally;
    all.push_back(gauge("info", "Always 1; the label is the version.")
                      .add(1, {{"version", NBDROOT_VERSION}})
                      .take());
    all.push_back(single(gauge("start_time_seconds", "When the server began, seconds since 1970."),
                         static_cast<std::uint64_t>(now.began_calendar_us / 1'000'000)));
    all.push_back(single(gauge("connections", "Connections there are."), now.live));
    all.push_back(
        single(gauge("connections_in_handshake", "Connections that have not chosen an export."),
               now.live_in_handshake));
    all.push_back(single(counter("connections_total", "Connections accepted."), tally.connections));
    all.push_back(single(
        counter("accept_pauses_total", "Times new clients waited for descriptors or memory."),
        now.accept_pauses));
    all.push_back(counter("handshakes_failed_total",
                          "Clients that went, or were sent away, before they used an export.")
                      .add(tally.handshakes_failed, {{"reason", "failed"}})
                      .add(tally.handshakes_timed_out, {{"reason", "timed-out"}})
                      .take());
    all.push_back(
        single(gauge("draining", "1 while no new clients are taken."), now.is_draining ? 1 : 0));
    Family refusals = counter("refusals_total", "Exports refused to a client that asked.");
    for (std::size_t i = 0; i < tally.refusals.size(); ++i) {
        const auto why = static_cast<session::Refusal>(i);
        refusals.add(tally.refusals[i], {{"reason", std::string(name_of(why))}});
    }
    all.push_back(refusals.take());
}

void add_traffic(std::vector<MetricFamily>& all, const Traffic& traffic) {
    Family requests = counter("requests_total", "Requests by kind.");
    for (std::size_t i = 0; i < Traffic::kKinds; ++i) {
        requests.add(traffic.requests_by_kind[i],
                     {{"kind", std::string(control::request_kind(i))}});
    }
    all.push_back(requests.take());
    all.push_back(single(counter("read_bytes_total", "Bytes that clients asked to read."),
                         traffic.read_bytes));
    all.push_back(
        single(counter("written_bytes_total", "Bytes that clients wrote."), traffic.written_bytes));
    all.push_back(single(counter("error_replies_total", "Requests answered by an error."),
                         traffic.error_replies));
}

// A family with one value for each export.
struct OfExport {
    std::string_view name;
    MetricType type;
    std::string_view help;
    std::uint64_t (*value)(const ExportView& view);
};
constexpr std::array kOfExport{
    OfExport{"export_clients", MetricType::Gauge, "Clients of an export.",
             [](const ExportView& view) -> std::uint64_t { return view.clients; }},
    OfExport{"export_clients_of_older_image", MetricType::Gauge,
             "Those that began on an image that was replaced.",
             [](const ExportView& view) -> std::uint64_t { return view.clients_of_older_image; }},
    OfExport{"export_size_bytes", MetricType::Gauge,
             "Size of the image; 0 where each address has its own.",
             [](const ExportView& view) { return view.size_bytes; }},
    OfExport{"export_draining", MetricType::Gauge, "1 while no new clients are taken.",
             [](const ExportView& view) -> std::uint64_t { return view.is_draining ? 1 : 0; }},
    OfExport{"export_admitted_total", MetricType::Counter, "Clients that were let in.",
             [](const ExportView& view) { return view.admitted; }},
    OfExport{"export_read_bytes_total", MetricType::Counter, "Bytes that clients asked to read.",
             [](const ExportView& view) { return view.traffic.read_bytes; }},
    OfExport{"export_written_bytes_total", MetricType::Counter, "Bytes that clients wrote.",
             [](const ExportView& view) { return view.traffic.written_bytes; }},
    OfExport{"export_error_replies_total", MetricType::Counter, "Requests answered by an error.",
             [](const ExportView& view) { return view.traffic.error_replies; }},
    OfExport{"export_disk_errors_total", MetricType::Counter,
             "Operations that the image's disk has failed.",
             [](const ExportView& view) { return view.faults; }}};

void add_exports(std::vector<MetricFamily>& all, const std::vector<ExportView>& exports) {
    for (const OfExport& of : kOfExport) {
        Family family(of.name, of.type, of.help);
        for (const ExportView& view : exports) {
            family.add(of.value(view), {{"export", utf8(view.name)}});
        }
        all.push_back(family.take());
    }
    Family requests = counter("export_requests_total", "Requests by export and kind.");
    for (const ExportView& view : exports) {
        for (std::size_t i = 0; i < Traffic::kKinds; ++i) {
            requests.add(
                view.traffic.requests_by_kind[i],
                {{"export", utf8(view.name)}, {"kind", std::string(control::request_kind(i))}});
        }
    }
    all.push_back(requests.take());
}

}  // namespace

std::vector<MetricFamily> families_of(const Statistics* statistics) {
    std::vector<MetricFamily> all;
    all.push_back(single(gauge("stalled",
                               "1: the server did not answer in time, and only this is "
                               "known."),
                         statistics == nullptr ? 1 : 0));
    if (statistics == nullptr) return all;
    add_server(all, *statistics);
    add_traffic(all, statistics->traffic);
    add_exports(all, statistics->exports);
    return all;
}

}  // namespace nbdroot::server::metrics
