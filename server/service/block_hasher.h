// The hash of a block that comes in pieces.
#pragma once

#include <nettle/sha2.h>
#include <xxhash.h>

#include <memory>
#include <string>

#include "lib/base/bytes.h"
#include "lib/protocol/service/request.h"

namespace nbdroot::server::service {

class BlockHasher {
public:
    using Algorithm = protocol::service::Algorithm;

    explicit BlockHasher(Algorithm algorithm);

    void add(ByteView bytes);
    // In hex; then it is as new.
    [[nodiscard]] std::string finish();

private:
    struct Free {
        void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
    };

    sha256_ctx sha256_{};
    std::unique_ptr<XXH3_state_t, Free> xxh3_;  // null: the other one
};

}  // namespace nbdroot::server::service
