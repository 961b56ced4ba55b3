#include "lib/sys/privileges.h"

#include <grp.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::sys {

namespace {

bool is_root() { return ::geteuid() == 0; }

bool is_ours(const Account& account) {
    return account.user == ::geteuid() && account.group == ::getegid();
}

}  // namespace

bool may_become(const Account& account) { return is_root() || is_ours(account); }

Result<void> become(const Account& account) {
    const std::string object =
        account.user_name.empty() ? cat("user ", account.user) : account.user_name;
    if (!is_root() && is_ours(account)) return {};
    // The order matters: without the user's rights groups cannot be changed any more.
    const int grouped = account.user_name.empty()
                            ? ::setgroups(0, nullptr)
                            : ::initgroups(account.user_name.c_str(), account.group);
    if (grouped != 0) return fail_errno("set groups of", object);
    if (::setresgid(account.group, account.group, account.group) != 0) {
        return fail_errno("set group of", object);
    }
    if (::setresuid(account.user, account.user, account.user) != 0) {
        return fail_errno("become", object);
    }
    if (account.user != 0 && ::setresuid(0, 0, 0) == 0) {
        return fail("become", object, "could be undone");
    }
    return {};
}

}  // namespace nbdroot::sys
