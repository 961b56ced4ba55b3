// Users and groups of this machine.
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

// Who a process is.
struct Account {
    uid_t user = 0;
    gid_t group = 0;
    std::string user_name{};  // empty: the user stays; its further groups are then none

    bool operator==(const Account&) const = default;
};

// USER and GROUP are names, or numbers, which need not be known. An empty GROUP is the user's own,
// an empty USER is who we are. May wait for a directory service.
[[nodiscard]] Result<Account> find_account(const std::string& user, const std::string& group);

}  // namespace nbdroot::sys
