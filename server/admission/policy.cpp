#include "server/admission/policy.h"

namespace nbdroot::server::admission {

std::shared_ptr<const Policy> make_policy(const config::ExportConfig& wanted) {
    auto policy = std::make_shared<Policy>();
    policy->export_name = wanted.name;
    policy->allow = wanted.allow;
    policy->maximum_connections = wanted.maximum_connections;
    policy->maximum_connections_per_address = wanted.maximum_connections_per_address;
    if (wanted.pattern) policy->pattern = wanted;
    if (wanted.overlay.kind != config::OverlayKind::none) policy->overlay = wanted.overlay;
    policy->former_linger = wanted.overlay.linger;
    policy->has_image_id = !wanted.image_id.empty();
    policy->before = wanted.before;
    policy->after = wanted.after;
    policy->service = wanted.service;
    return policy;
}

bool admits(const Policy& policy, const std::optional<config::HostAddress>& address) {
    return !policy.allow || !address || policy.allow->admits(*address);
}

}  // namespace nbdroot::server::admission
