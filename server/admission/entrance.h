// One client's way from the name that it has asked for to the export.
//
//   allow list ─► limits ─► use of the image ─► its own image ─► door ─► its overlay ─► admitted
//        └──────────┴───────────────┴────────────────┴────────────┴────────────┴────► refused
//
// A step that has nothing to do takes no time: most clients have their verdict when begin()
// returns. Destroying it is leaving: whatever is under way ends by itself, and is undone.
// Belongs to a loop, and is owned by the session.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/admission/reception.h"
#include "server/admission/refusal.h"
#include "server/export/door.h"
#include "server/export/export_table.h"

namespace nbdroot::server::admission {

// What the client has asked for.
struct Wish {
    export_::ExportTable::Found found;
    bool only_asks = false;           // NBD_OPT_INFO: the same answer, but nothing happens
    bool wants_name = false;          // it reads canonical names
    bool learns_block_sizes = false;  // its option has room for them
};

// A session, as its entrance needs it. All is called on the loop's thread, none after it has gone.
struct Guest {
    std::string peer;  // "10.0.0.7:40001"
    std::optional<config::HostAddress> address;
    std::function<void()> decided;  // there is a verdict; never from within begin()
    // As for Door::Visitor.
    std::function<void(const std::string& reason)> shut_down;
    std::function<export_::Pulse()> look;
    std::function<void(bool on)> probe;
};

class Entrance : public std::enable_shared_from_this<Entrance> {
public:
    struct Admitted {
        std::shared_ptr<export_::Export> target;
        protocol::nbd::ExportInfo info{};  // without the name
        std::string machine_text{};        // for the log; empty: its disk is the image itself
        std::string canonical_name{};      // empty: none is told
        std::string boot_token{};
        // Null: the export has no door. Its copies keep the image in use, also where it is null.
        std::shared_ptr<export_::Door::Seat> seat{};
        std::shared_ptr<Stay> stay{};  // null for a client that only asked
    };
    struct Refused {
        Refusal why;
        std::string text;              // for the client
        std::string log_text{};        // with the server's paths; empty: the same
        std::optional<Error> error{};  // what failed, if anything did
    };
    using Verdict = tl::expected<Admitted, Refused>;

    Entrance(Reception& reception, Guest guest, Wish wish);

    void begin();
    [[nodiscard]] bool is_decided() const { return verdict_.has_value(); }
    // Once.
    [[nodiscard]] Verdict take_verdict();

    // Null: its image has yet to be found.
    [[nodiscard]] const export_::Export* target() const { return wish_.found.target.get(); }
    [[nodiscard]] const std::string& export_name() const { return policy().export_name; }

private:
    [[nodiscard]] const Policy& policy() const { return *wish_.found.policy; }
    [[nodiscard]] bool has_overlay() const { return policy().overlay.has_value(); }
    [[nodiscard]] bool is_limited() const;
    [[nodiscard]] bool door_decides() const;
    [[nodiscard]] std::optional<std::string> exceeded() const;
    [[nodiscard]] bool take_place();
    [[nodiscard]] std::string address_key() const;
    [[nodiscard]] std::string boot_key() const;
    void use_image();
    void on_use(const Result<std::shared_ptr<ImageUses::Use>>& use);
    void find_image();
    void on_image(const Result<std::shared_ptr<export_::Export>>& opened);
    void name_boot();
    void meet_machine();
    void mind_boot();
    [[nodiscard]] export_::Door::Visitor visitor();
    [[nodiscard]] bool find_machine();
    void on_machine(const Result<std::shared_ptr<machines::Machine>>& machine);
    void knock_at(const std::shared_ptr<export_::Door>& door);
    void admit(std::shared_ptr<export_::Door::Seat> seat);
    void on_overlay(Result<machines::Machine::Admitted> opened);
    void finish();
    void refuse(Refusal why, std::string text);
    void refuse(Refusal why, const Error& error, std::string_view what);
    void refuse(Refused refused);
    void decide(Verdict verdict);
    [[nodiscard]] std::string host() const;

    Reception& reception_;
    Guest guest_;
    Wish wish_;
    bool begun_ = false;
    std::string path_;  // of the image
    std::shared_ptr<ImageUses::Use> use_;
    machines::Arrival arrival_;                   // where machines have overlays
    std::shared_ptr<machines::Machine> machine_;  // the same, once it is found
    std::shared_ptr<machines::Machine::Stay> machine_stay_;
    std::shared_ptr<export_::Door::Seat> seat_;
    Admitted admitted_;
    std::unique_ptr<export_::Door::Ticket> ticket_;  // while it waits at the door
    std::optional<Verdict> verdict_;
};

}  // namespace nbdroot::server::admission
