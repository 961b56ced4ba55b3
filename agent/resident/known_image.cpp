#include "agent/resident/known_image.h"

#include <utility>

namespace nbdroot::agent::resident {

KnownImage::KnownImage(const Plan& plan, Notes notes)
    : notes_(notes), known_{.identity = plan.identity, .software = plan.server_software} {
    if (auto image = notes_.image()) {
        known_.identity.canonical_name = std::move(image->canonical_name);
        known_.identity.image_root = std::move(image->image_root);
    }
}

void KnownImage::expect(const attach::Connection& connection) {
    expected_ = Known{.identity = connection.identity, .software = software_of(connection)};
    note(connection.identity);
}

void KnownImage::keep() {
    if (expected_) known_ = std::move(*expected_);
    expected_.reset();
}

void KnownImage::forget() {
    expected_.reset();
    note(known_.identity);
}

void KnownImage::note(const attach::Identity& identity) {
    notes_.set_image(
        {.canonical_name = identity.canonical_name, .image_root = identity.image_root});
}

}  // namespace nbdroot::agent::resident
