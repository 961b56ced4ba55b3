// Who this process is.
#pragma once

#include "lib/base/result.h"
#include "lib/sys/account.h"

namespace nbdroot::sys {

// Whether we are root, or ACCOUNT already.
[[nodiscard]] bool may_become(const Account& account);

// Becomes ACCOUNT with all its threads, its groups and no others. There is no way back; that there
// is none has been tried when this succeeds.
[[nodiscard]] Result<void> become(const Account& account);

}  // namespace nbdroot::sys
