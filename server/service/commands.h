// What is done for a service connection's requests.
//
// Belongs to a loop. Destroying it kills scripts that run; hashes end by themselves.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/protocol/service/request.h"
#include "server/export/export_table.h"
#include "server/service/asker.h"
#include "server/service/script_run.h"
#include "server/service/subject.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::service {

// Of an export's clients.
struct Usage {
    std::size_t clients = 0;
    std::optional<Duration> connected{};  // the asker's own boot, for so long
};

// All outlive it.
struct World {
    io::Loop& loop;
    const Log& log;
    const export_::ExportTable& exports;
    storage::WorkerPool& pool;  // for what must keep nobody waiting
    std::function<Usage(const Subject& subject)> usage;
    std::shared_ptr<machines::Machines> machines{};  // null: nobody has an overlay
    Instant began;
};

class Commands {
public:
    explicit Commands(World world) : world_(std::move(world)) {}

    void run(const Asker& asker, const std::string& request, const Answer& answer);
    // Scripts of askers that have gone are killed.
    void forget_the_gone();

private:
    struct Call {
        const Asker& asker;
        const Subject& subject;
        const std::vector<std::string>& words;
        const Answer& answer;
    };
    struct Command;
    struct Script {
        std::shared_ptr<const std::atomic<bool>> is_gone;
        std::unique_ptr<ScriptRun> run;
    };

    void run_words(const Asker& asker, const Subject& subject, const protocol::service::Words& call,
                   const Answer& answer);
    void run_hashes(const Asker& asker, const Subject& subject,
                    const protocol::service::Hashes& wanted, const Answer& answer);
    void status(const Call& call);
    void image(const Call& call);
    void flush(const Call& call);
    void reset_overlay(const Call& call);
    void promote_query(const Call& call);
    void script(const Call& call);
    [[nodiscard]] bool allows(const Asker& asker, const Subject& subject,
                              config::ServiceCommand command, const Answer& answer) const;
    void note(const Asker& asker, const Subject& subject, std::string_view what) const;
    void refuse(const Asker& asker, const Subject& subject, std::string_view what,
                const Answer& answer) const;

    World world_;
    std::list<Script> scripts_;
};

}  // namespace nbdroot::server::service
