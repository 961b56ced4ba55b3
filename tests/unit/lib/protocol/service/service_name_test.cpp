#include "lib/protocol/service/service_name.h"

#include "tests/support/catch.h"

using namespace nbdroot::protocol::service;

TEST_CASE("the reserved name carries any name of an export") {
    const std::string subject =
        GENERATE("", "debian", "debian/a@1f.2e", "nbdroot-service:1:x", ":");
    const std::string name = reserved_name(subject);
    CHECK(is_reserved(name));
    CHECK(subject_of(name) == subject);
}

TEST_CASE("a reserved name of another version has no subject") {
    const auto* const name =
        GENERATE("nbdroot-service:", "nbdroot-service:1", "nbdroot-service:2:debian",
                 "nbdroot-service:11:debian", "nbdroot-service::debian");
    CHECK(is_reserved(name));
    CHECK_FALSE(subject_of(name));
}

TEST_CASE("names of exports are not reserved") {
    const auto* const name = GENERATE("", "debian", "nbdroot-service", "nbdroot", "x:1:y");
    CHECK_FALSE(is_reserved(name));
    CHECK_FALSE(subject_of(name));
}
