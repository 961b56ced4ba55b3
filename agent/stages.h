// The stages of a boot in their order, and how far it has come.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "agent/attach/device.h"
#include "agent/attach/reach.h"
#include "agent/config/parse.h"
#include "agent/failure.h"
#include "agent/network/bring_up.h"
#include "agent/report/boot_record.h"
#include "agent/rescue/console.h"
#include "agent/resident/guardian.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/sys/clock.h"

namespace nbdroot::agent {

// What was reached is kept: a second try after a failure goes on where the last one failed. It
// begins anew where the command line has changed meanwhile.
class Stages {
public:
    struct World {
        io::Loop& loop;
        Log& log;           // may leave out what was said before
        Log& resident_log;  // of the processes that stay
        // With a console breaks are made, and it is offered to a boot that takes long.
        rescue::Console* console = nullptr;
        std::function<std::string()> last_words = {};  // of the log, for that offer
    };

    explicit Stages(World world) : world_(std::move(world)), log_(world_.log) {}

    // Everything up to a mounted root. ECANCELED: somebody wants another try.
    [[nodiscard]] Result<void> prepare();

    // The root becomes "/", and this process its init. Returns only after a failure.
    [[nodiscard]] Error enter();

    // The path of the device.
    [[nodiscard]] Result<std::string> attach(bool with_network);

    void record_failure(const Error& error);

    [[nodiscard]] bool has_config() const { return config_.has_value(); }
    [[nodiscard]] FailurePolicy failure_policy() const;

private:
    // Runs STAGE as the phase NAME of the boot record.
    template <class Stage>
    auto timed(const char* name, Stage stage) -> std::invoke_result_t<Stage> {
        if (auto go = break_before(name); !go) return fail(std::move(go).error());
        record_.begin(name, sys::now());
        save(report::BootRecord::State::booting);
        auto result = stage();
        record_.end(sys::now());
        return result;
    }

    Result<void> break_before(const std::string& phase);
    Result<void> read_config();
    void take_config(config::BootConfig config);
    void offer_console() const;
    Result<void> reach_device(bool with_network);
    [[nodiscard]] std::optional<Instant> deadline() const;
    Result<void> load_modules();
    Result<void> reach_network(bool with_network);
    Result<std::vector<config::Target>> targets_of(const network::Network& network);
    Result<void> reach_server();
    Result<void> attach_to(attach::Reached& reached);
    Result<void> start_resident(attach::Reached& reached, attach::Attachment& attachment);
    Result<void> reach_root();
    Result<void> mount();
    enum class Users { are_spared, are_not_asked };
    void let_go_of_device(Users users);
    void hand_over_network();
    Error start_init();
    void save(report::BootRecord::State state);

    World world_;
    Log& log_;
    report::BootRecord record_{.started = sys::now()};
    config::CommandLines texts_;
    std::optional<config::BootConfig> config_;
    std::vector<std::string> breaks_made_;
    std::optional<Instant> give_up_at_;  // of this try, by nbdroot.boot-timeout=
    bool modules_loaded_ = false;
    std::unique_ptr<network::Uplinks> uplinks_;
    std::optional<network::Network> network_;  // that the server was reached over
    std::optional<attach::Device> device_;
    attach::IoctlRunner runner_;
    std::optional<resident::Resident> resident_;
    bool mounted_ = false;
    bool root_is_bad_ = false;  // what lies on the device did not do
    bool entered_ = false;
};

}  // namespace nbdroot::agent
