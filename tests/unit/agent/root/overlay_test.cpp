#include "agent/root/overlay.h"

#include <sys/mount.h>

#include "tests/support/catch.h"

using namespace nbdroot::agent;
using namespace nbdroot::agent::root;

TEST_CASE("the overlay takes the size that was asked for, or half of the memory") {
    CHECK(plan_overlay({.tmpfs = true, .size = "512M"}, 0).memory.data == "mode=0755,size=512M");
    CHECK(plan_overlay({.tmpfs = true, .size = {}}, 0).memory.data == "mode=0755,size=50%");
}

TEST_CASE("the overlay lies where the running system looks for its parts") {
    const OverlayPlan plan = plan_overlay({.tmpfs = true, .size = {}}, MS_NOATIME);
    CHECK(plan.memory.target == "/run/nbdroot/upper");
    CHECK(plan.files == "/run/nbdroot/upper/u");
    CHECK(plan.work == "/run/nbdroot/upper/w");
    CHECK(plan.overlay.target == "/newroot");
    CHECK(plan.overlay.flags == MS_NOATIME);
    CHECK(plan.overlay.data ==
          "lowerdir=/run/nbdroot/lower,upperdir=/run/nbdroot/upper/u,workdir=/run/nbdroot/upper/w");
}
