// Machines over a golden image, and clients of theirs without sessions.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/machines/aside.h"
#include "server/machines/machines.h"
#include "server/storage/overlay/file_store.h"
#include "server/storage/overlay/overlay.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/machines/site.h"

namespace nbdroot::test {

using namespace std::chrono_literals;
using server::admission::Policy;
using server::config::OverlayConfig;
using server::export_::Door;
using server::export_::Export;
using server::export_::ExportTable;
using server::export_::Lease;
using server::machines::Arrival;
using server::machines::Machine;
using server::machines::Machines;
using server::storage::Access;
using server::storage::Image;
using server::storage::WorkerPool;

// A client that wants in, and stays until it is destroyed.
struct Guest {
    std::shared_ptr<Machine> machine{};
    std::unique_ptr<Door::Ticket> ticket{};
    std::shared_ptr<Door::Seat> seat{};
    std::shared_ptr<Export> target{};
    std::string refusal{};
    std::shared_ptr<int> alive = std::make_shared<int>(0);
    std::shared_ptr<Machine::Stay> stay{};  // goes before the seat

    [[nodiscard]] bool is_decided() const { return target || !refusal.empty(); }
    [[nodiscard]] char first_byte() const {
        Bytes byte(1);
        REQUIRE(target->disk().read(0, byte));
        return static_cast<char>(byte[0]);
    }
    void write_first_byte(char value) const {
        REQUIRE(target->disk().write(0, Bytes{static_cast<std::byte>(value)}));
    }
};

struct Lab {
    Site site;
    BoundedLoop loop;
    std::vector<std::string> lines;
    Log log{Level::info, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    ExportTable table;
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 2));
    std::shared_ptr<Export> base = export_of(site.golden, "golden");
    TemporaryDirectory state;
    std::string record = state.path() + "/overlay-directories";
    std::unique_ptr<Machines> machines;
    nbdroot::Duration closing_limit = 20s;
    std::function<void()> on_turned_away;  // whose overlay was not opened, and who has a seat yet
    OverlayConfig overlay{.kind = OverlayKind::temporary, .directory = site.directory.path()};

    explicit Lab(OverlayKind kind = OverlayKind::temporary) {
        overlay.kind = kind;
        restart();
    }

    std::shared_ptr<Export> export_of(const TemporaryFile& file, const std::string& id) {
        return std::make_shared<Export>(Export::Traits{.name = "debian", .image_id = id},
                                        std::move(*Image::open(file.path(), Access::read_only)),
                                        *pool, log);
    }

    [[nodiscard]] std::shared_ptr<const Policy> policy() const {
        auto policy = std::make_shared<Policy>(Policy{"debian"});
        policy->overlay = overlay;
        return policy;
    }

    // What is configured now.
    void configure() {
        table = {};
        table.add("debian", base, policy());
    }

    void restart() {
        begin_machines();
        loop.run_until([&] { return machines->image_ids().has_value(); });
    }

    void begin_machines() {
        begin_before_search();
        machines->heed_exports();
    }

    // As if the search that begins at once took long: it begins when the test says so.
    void begin_before_search() {
        machines.reset();
        configure();
        machines =
            std::make_unique<Machines>(server::machines::World{.loop = loop.get(),
                                                               .pool = *pool,
                                                               .log = log,
                                                               .exports = table,
                                                               .kept_open = 0s,
                                                               .closing_limit = closing_limit});
        machines->set_record(record);
    }

    // The only overlay, which is closed, was open under another kernel last.
    enum class Host { stops_in_order, crashes };
    void restart_host(Host host) const {
        using server::storage::overlay::BootId;
        using server::storage::overlay::FileStore;
        using server::storage::overlay::Overlay;
        const auto store = std::make_shared<FileStore>(machines->views().at(0).path);
        const auto opened = Overlay::open(store, "golden", Site::kImageBytes, BootId{}, nullptr);
        REQUIRE(opened);
        if (host == Host::stops_in_order) REQUIRE((*opened)->flush());
    }

    std::unique_ptr<Guest> begin(const std::string& name, const std::string& token,
                                 bool returns = false) {
        auto guest = std::make_unique<Guest>();
        Guest* const raw = guest.get();
        const Arrival arrival{.policy = policy(),
                              .machine = name,
                              .boot_token = token,
                              .knows_token = true,
                              .returns = returns,
                              .base = base,
                              .peer = "peer",
                              .guest = guest->alive};
        enter(raw, arrival);
        return guest;
    }

    void enter(Guest* raw, const Arrival& arrival) {
        const std::weak_ptr<int> alive = raw->alive;
        machines->receive(arrival, [this, raw, arrival, alive](const auto& found) {
            if (alive.expired()) return;
            if (!found) {
                raw->refusal = found.error().reason;
                return;
            }
            raw->machine = *found;
            raw->ticket = raw->machine->door()->enter(
                {.peer = "peer",
                 .token = arrival.boot_token,
                 .admit =
                     [this, raw, arrival](std::shared_ptr<Door::Seat> seat) {
                         raw->seat = std::move(seat);
                         open(raw, arrival);
                     },
                 .refuse = [raw](std::string text) { raw->refusal = std::move(text); },
                 .fail = [raw](const auto& why) { raw->refusal = why.message(); },
                 .shut_down = [](const std::string&) {},
                 .look = [] { return server::export_::Pulse{}; },
                 .probe = [](bool) {}});
        });
    }

    void open(Guest* raw, const Arrival& arrival) {
        machines->open(raw->machine, arrival, [this, raw](Result<Machine::Admitted> opened) {
            if (!opened) {
                raw->refusal = opened.error().reason;
                if (on_turned_away) on_turned_away();
                raw->seat.reset();
                return;
            }
            raw->target = opened->target;
            raw->stay = std::move(opened->stay);
        });
    }

    std::unique_ptr<Guest> visit(const std::string& name, const std::string& token,
                                 bool returns = false) {
        auto guest = begin(name, token, returns);
        loop.run_until([&] { return guest->is_decided(); });
        return guest;
    }
    std::unique_ptr<Guest> admitted(const std::string& name, const std::string& token,
                                    bool returns = false) {
        auto guest = visit(name, token, returns);
        CHECK(guest->refusal.empty());
        REQUIRE(guest->target);
        return guest;
    }
    std::string refused(const std::string& name, const std::string& token, bool returns = false) {
        const auto guest = visit(name, token, returns);
        REQUIRE_FALSE(guest->target);
        return guest->refusal;
    }

    // Until nothing is left to do.
    void settle() {
        std::size_t quiet = 0;
        loop.run_until([&] {
            machines->look();
            quiet = machines->targets().empty() ? quiet + 1 : 0;
            return quiet > 20;
        });
    }

    // The files of STEM, once they are closed, as overlay commit has them.
    std::shared_ptr<const void> hold(const std::string& stem) {
        using server::storage::overlay::FileStore;
        auto held = FileStore(stem).open(FileStore::Part::data);
        loop.run_until([&] {
            if (!held) held = FileStore(stem).open(FileStore::Part::data);
            return held.has_value();
        });
        return *held;
    }

    // Until nothing is left to be deleted.
    void wait_for_remains() {
        loop.run_until([&] {
            const auto names = site.directory.names();
            return std::none_of(names.begin(), names.end(), server::machines::is_aside);
        });
    }

    Result<void> wait_for(const std::function<void(Machines::Done)>& order) {
        std::optional<Result<void>> result;
        order([&](const auto& done) { result = done; });
        loop.run_until([&] { return result.has_value(); });
        return *result;
    }
    Result<void> drop(const std::string& machine) {
        return wait_for([&](const auto& done) { machines->drop("debian", machine, done); });
    }
    Result<void> reset(const std::string& machine) {
        return wait_for([&](const auto& done) { machines->reset("debian", machine, done); });
    }
};

}  // namespace nbdroot::test
