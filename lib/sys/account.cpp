#include "lib/sys/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// (uid_t)-1 means "leave it" to setresuid(2).
constexpr std::uint64_t kMaximumId = UINT32_MAX - 1;

// More than any record: a group's members stand in it.
constexpr std::size_t kRecordBytes = std::size_t{1} << 18;

template <class Record, class Name>
using Lookup = int (*)(Name, Record*, char*, std::size_t, Record**);

// Of getpwnam_r(3) and its kin: an Error, or whether RECORD is there. Its texts lie in BUFFER.
template <class Record, class Name>
Result<bool> look_up(Lookup<Record, Name> look, Name name, Record& record,
                     std::vector<char>& buffer, const char* what, const std::string& shown) {
    buffer.resize(kRecordBytes);
    Record* found = nullptr;
    const int code = look(name, &record, buffer.data(), buffer.size(), &found);
    // Some services report an unknown name so.
    const bool unknown = code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
    if (code != 0 && !unknown) return fail_errno(what, shown, code);
    return found != nullptr;
}

Result<Account> find_user(const std::string& user) {
    passwd record{};
    std::vector<char> buffer;
    const auto number = base::parse_decimal(user, kMaximumId);
    const auto id = static_cast<uid_t>(number.value_or(0));
    const bool known = NBDROOT_TRY(
        number ? look_up<passwd>(::getpwuid_r, id, record, buffer, "user", user)
               : look_up<passwd>(::getpwnam_r, user.c_str(), record, buffer, "user", user));
    if (known) return Account{record.pw_uid, record.pw_gid, record.pw_name};
    if (!number) return fail("user", cat("'", base::printable(user), "'"), "not known here");
    return fail("user", user, "not known here, and so without a group: name one");
}

}  // namespace

Result<Account> find_account(const std::string& user, const std::string& group) {
    Account account{::geteuid(), ::getegid(), ""};
    const auto number = base::parse_decimal(user, kMaximumId);
    if (!user.empty()) {
        auto found = find_user(user);
        if (!found && (!number || group.empty())) return tl::unexpected(found.error());
        account = found ? std::move(*found) : Account{static_cast<uid_t>(*number), 0, ""};
    }
    if (group.empty()) return account;
    const auto group_number = base::parse_decimal(group, kMaximumId);
    if (group_number) {
        account.group = static_cast<gid_t>(*group_number);
        return account;
    }
    ::group record{};
    std::vector<char> buffer;
    if (!NBDROOT_TRY(
            look_up<::group>(::getgrnam_r, group.c_str(), record, buffer, "group", group))) {
        return fail("group", cat("'", base::printable(group), "'"), "not known here");
    }
    account.group = record.gr_gid;
    return account;
}

}  // namespace nbdroot::sys
