// What /run/nbdroot/boot.json says about this boot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace nbdroot::agent::report {

struct Phase {
    std::string name;
    Instant start;
    std::optional<Instant> end;  // nullopt: still running

    bool operator==(const Phase&) const = default;
};

// A value that grows while the boot goes on. A phase that is tried again appears again.
struct BootRecord {
    enum class State { booting, attached, switched_root, failed };
    State state = State::booting;
    Instant started{};                      // when the agent did; before it the kernel worked
    std::string error = {};                 // of failed
    std::string network = {};               // what is up, for people; empty: nothing yet
    std::vector<std::string> servers = {};  // to be tried
    std::string server = {};                // who was connected; empty: nobody yet
    std::string device = {};                // "/dev/nbd0"; empty: none yet
    std::string init = {};                  // the program that process 1 became
    std::vector<Phase> phases = {};

    // Starts a phase; the last one ends where it was not ended.
    void begin(std::string name, Instant now);
    void end(Instant now);

    bool operator==(const BootRecord&) const = default;
};

// {"version":"…","state":"switched-root","started_ms":1,"error":null,…,"phases":[{"name":
// "network","start_ms":1,"end_ms":2},…]} and a newline; times in ms since the machine started.
[[nodiscard]] std::string to_json(const BootRecord& record);

}  // namespace nbdroot::agent::report
