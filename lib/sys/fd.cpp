#include "lib/sys/fd.h"

#include <unistd.h>

namespace nbdroot::sys {

void Fd::reset(int number) {
    if (number_ >= 0) ::close(number_);  // Linux closes also where it says EINTR
    number_ = number;
}

}  // namespace nbdroot::sys
