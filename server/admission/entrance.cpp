#include "server/admission/entrance.h"

#include <utility>

#include "lib/base/text.h"
#include "server/admission/boot_name.h"
#include "server/admission/command.h"
#include "server/machines/machine_name.h"

namespace nbdroot::server::admission {
namespace {

// What a client that is told nothing takes for the smallest block (proto.md, "Block size
// constraints").
constexpr std::uint32_t kAssumedBlock = 512;

std::string quoted(const std::string& export_name) {
    return cat("export '", base::printable(export_name), "'");
}

}  // namespace

Entrance::Entrance(Reception& reception, Guest guest, Wish wish)
    : reception_(reception), guest_(std::move(guest)), wish_(std::move(wish)) {}

void Entrance::begin() {
    if (!admits(policy(), guest_.address)) {
        refuse(Refusal::not_allowed,
               cat(quoted(export_name()), " is not for clients from ", host()));
    } else if (find_machine() && take_place()) {
        path_ = policy().pattern ? config::expand_path(policy().pattern->path,
                                                       *policy().pattern->pattern, *guest_.address)
                                 : wish_.found.target->image().path();
        use_image();
    }
    begun_ = true;
}

std::string Entrance::host() const {
    return guest_.address ? config::to_text(*guest_.address) : "unix";
}

bool Entrance::is_limited() const {
    return policy().maximum_connections != config::kNoLimit ||
           policy().maximum_connections_per_address != config::kNoLimit;
}

std::string Entrance::address_key() const {
    std::string key = cat(export_name(), '\0');
    if (guest_.address) key.append(guest_.address->begin(), guest_.address->end());
    return key;
}

std::string Entrance::boot_key() const { return cat(export_name(), '\0', wish_.found.boot_token); }

// Where one client writes at a time a newcomer takes the place of the other or gets none: the door
// finds out whether that one, who may have lost its power, is still there. Where each address has
// an image, that is so for each of them.
bool Entrance::door_decides() const {
    const auto& pattern = policy().pattern;
    if (pattern) return !pattern->read_only && !pattern->shared;
    return wish_.found.target->one_writer();
}

std::optional<std::string> Entrance::exceeded() const {
    if (door_decides() && !policy().pattern) return std::nullopt;
    const std::uint32_t of_export = policy().maximum_connections;
    if (of_export != config::kNoLimit && reception_.by_export.count(export_name()) >= of_export) {
        return cat(quoted(export_name()), " has all the ", of_export,
                   " clients that it may have (export-max-connections)");
    }
    const std::uint32_t of_address = policy().maximum_connections_per_address;
    if (of_address == config::kNoLimit || !guest_.address || door_decides()) return std::nullopt;
    if (reception_.by_export_and_address.count(address_key()) < of_address) return std::nullopt;
    return cat(quoted(export_name()), " has all the ", of_address, " clients from ", host(),
               " that it may have (address-max-connections)");
}

// False: refused.
bool Entrance::take_place() {
    if (policy().pattern && !guest_.address) {
        refuse(Refusal::no_image, cat(quoted(export_name()),
                                      " has an image for each address, and a client of a unix "
                                      "socket has none"));
        return false;
    }
    auto reason = exceeded();
    const auto older = reception_.boots.find(boot_key());
    if (reason && !wish_.found.boot_token.empty() && older != reception_.boots.end()) {
        // It has lost its connection, which nobody has noticed: it shall not stand in its own way.
        if (!wish_.only_asks) {
            const auto end = older->second.end;
            end("fenced: the same boot has a newer connection");
            reason = exceeded();
        } else {
            reason.reset();
        }
    }
    // Nor shall a machine that takes the place of its own older boot: its door decides.
    if (has_overlay() && reception_.machines->is_connected(policy(), arrival_.machine)) {
        reason.reset();
    }
    if (reason) {
        refuse(Refusal::limit, std::move(*reason));
        return false;
    }
    if (wish_.only_asks) return true;
    admitted_.stay = std::make_shared<Stay>(reception_.by_export.hold(export_name()),
                                            reception_.by_export_and_address.hold(address_key()));
    return true;
}

void Entrance::use_image() {
    if (wish_.only_asks) return find_image();
    if (!reception_.uses) {
        if (policy().before.empty() && policy().after.empty()) return find_image();
        return refuse(Refusal::script, cat(quoted(export_name()), ": no commands can be run"));
    }
    reception_.uses->begin(wish_.found.policy,
                           {.export_name = export_name(), .client = host(), .path = path_},
                           weak_from_this(), [weak = weak_from_this()](const auto& use) {
                               if (const auto self = weak.lock()) self->on_use(use);
                           });
}

void Entrance::on_use(const Result<std::shared_ptr<ImageUses::Use>>& use) {
    if (!use) {
        return refuse(Refusal::script, use.error(), "the command before it (prerun): ");
    }
    use_ = *use;
    find_image();
}

void Entrance::find_image() {
    if (wish_.found.target) return name_boot();
    if (!reception_.images) {
        return refuse(Refusal::no_image, cat(quoted(export_name()), " has no image"));
    }
    config::ExportConfig wanted = *policy().pattern;
    wanted.path = path_;
    auto on_opened = [weak = weak_from_this()](const auto& opened) {
        if (const auto self = weak.lock()) self->on_image(opened);
    };
    if (wish_.only_asks) return reception_.images->look_at(wanted, std::move(on_opened));
    reception_.images->open(wanted, std::move(on_opened));
}

void Entrance::on_image(const Result<std::shared_ptr<export_::Export>>& opened) {
    if (!opened) {
        return refuse(Refusal::no_image, opened.error(), "");
    }
    auto& found = wish_.found;
    found.target = *opened;
    if (!wish_.only_asks) found.target->keep(use_);
    if (!found.wanted_image_id.empty() && found.wanted_image_id != found.target->image_id()) {
        return refuse(Refusal::image_replaced,
                      export_::refuse_replaced(found.export_name, found.target->image_id(),
                                               found.wanted_image_id)
                          .text);
    }
    name_boot();
}

void Entrance::name_boot() {
    auto& found = wish_.found;
    const auto& sizes = found.target->info().block_sizes;
    // Such clients take 512 for granted.
    if (!wish_.learns_block_sizes && sizes && sizes->minimum > kAssumedBlock) {
        return refuse(Refusal::block_size,
                      cat(quoted(export_name()), " has blocks of ", sizes->minimum,
                          " B, of which NBD_OPT_EXPORT_NAME cannot tell"));
    }
    arrival_.returns = !found.boot_token.empty();
    // A token that the client will not see would only displace another. Nobody boots by asking.
    if (found.boot_token.empty() && wish_.wants_name && !wish_.only_asks) {
        found.boot_token = new_boot_token(found);
    }
    admitted_.target = found.target;
    admitted_.info = has_overlay() ? machines::info_over(*found.target) : found.target->info();
    admitted_.boot_token = found.boot_token;
    if (!found.boot_token.empty()) {
        admitted_.canonical_name = canonical_name(found);
    } else if (wish_.only_asks) {
        admitted_.canonical_name = found.export_name;
    }
    if (wish_.only_asks) return decide(std::move(admitted_));
    if (!has_overlay()) return knock_at(found.target->door(found.boot_token));
    meet_machine();
}

// False: refused.
bool Entrance::find_machine() {
    if (!has_overlay()) return true;
    auto machine = machines::machine_of({.machine = wish_.found.machine, .address = guest_.address},
                                        *policy().overlay, export_name());
    if (machine && reception_.machines) {
        arrival_.machine = std::move(*machine);
        if (wish_.only_asks && wish_.found.boot_token.empty()) {
            auto own = reception_.machines->own_base(policy(), arrival_.machine);
            if (own) wish_.found.target = std::move(own);
        }
        return true;
    }
    refuse(Refusal::machine, cat(quoted(export_name()), ": ",
                                 machine ? "no overlays can be had" : machine.error().reason));
    return false;
}

void Entrance::meet_machine() {
    const auto& found = wish_.found;
    arrival_.policy = found.policy;
    arrival_.boot_token = found.boot_token;
    arrival_.knows_token = !found.boot_token.empty();
    if (arrival_.boot_token.empty() && arrival_.machine.empty()) arrival_.boot_token = new_token();
    arrival_.base = found.target;
    arrival_.peer = guest_.peer;
    arrival_.guest = weak_from_this();
    reception_.machines->receive(arrival_, [weak = weak_from_this()](const auto& machine) {
        if (const auto self = weak.lock()) self->on_machine(machine);
    });
}

void Entrance::on_machine(const Result<std::shared_ptr<machines::Machine>>& machine) {
    if (!machine) return refuse(Refusal::overlay, machine.error(), "");
    machine_ = *machine;
    knock_at(machine_->door());
}

void Entrance::knock_at(const std::shared_ptr<export_::Door>& door) {
    if (!door) return admit(nullptr);
    ticket_ = door->enter(visitor());
}

export_::Door::Visitor Entrance::visitor() {
    return {.peer = guest_.peer,
            .token = wish_.found.boot_token,
            .admit =
                [weak = weak_from_this()](std::shared_ptr<export_::Door::Seat> seat) {
                    if (const auto self = weak.lock()) self->admit(std::move(seat));
                },
            .refuse =
                [weak = weak_from_this()](std::string text) {
                    if (const auto self = weak.lock()) {
                        self->refuse(Refusal::in_use, std::move(text));
                    }
                },
            .fail =
                [weak = weak_from_this()](const Error& why) {
                    if (const auto self = weak.lock()) {
                        self->refuse(Refusal::overlay, why, "the record of its boots: ");
                    }
                },
            .shut_down = guest_.shut_down,
            .look = guest_.look,
            .probe = guest_.probe};
}

void Entrance::admit(std::shared_ptr<export_::Door::Seat> seat) {
    seat_ = std::move(seat);
    if (!machine_) return finish();
    reception_.machines->open(machine_, arrival_, [weak = weak_from_this()](auto opened) {
        if (const auto self = weak.lock()) self->on_overlay(std::move(opened));
    });
}

void Entrance::on_overlay(Result<machines::Machine::Admitted> opened) {
    if (!opened) return refuse(Refusal::overlay, opened.error(), "");
    auto& found = wish_.found;
    found.target = std::move(opened->target);
    machine_stay_ = std::move(opened->stay);
    admitted_.target = found.target;
    admitted_.info = found.target->info();
    admitted_.machine_text = machines::describe(*machine_);
    if (!found.boot_token.empty()) admitted_.canonical_name = canonical_name(found);
    finish();
}

void Entrance::finish() {
    // Whatever work keeps the seat, keeps the image in use, and the overlay open. The seat goes
    // first.
    struct Held {
        std::shared_ptr<ImageUses::Use> use;
        std::shared_ptr<machines::Machine::Stay> stay;
        std::shared_ptr<export_::Door::Seat> seat;
    };
    auto* const raw = seat_.get();
    admitted_.seat = std::shared_ptr<export_::Door::Seat>(
        std::make_shared<Held>(Held{.use = std::exchange(use_, nullptr),
                                    .stay = std::exchange(machine_stay_, nullptr),
                                    .seat = std::exchange(seat_, nullptr)}),
        raw);
    mind_boot();
    decide(std::move(admitted_));
}

// Read-only exports have no door that would fence the boot's older connection.
void Entrance::mind_boot() {
    if (!is_limited() || wish_.found.boot_token.empty()) return;
    admitted_.stay->set_boot(reception_.boots, boot_key(), guest_.shut_down);
}

void Entrance::refuse(Refusal why, std::string text) {
    refuse({.why = why, .text = std::move(text)});
}

// No path of the server's goes to the client.
void Entrance::refuse(Refusal why, const Error& error, std::string_view what) {
    refuse({.why = why,
            .text = cat(quoted(export_name()), ": ", what, error.reason),
            .log_text = cat(quoted(export_name()), ": ", what, error.message()),
            .error = error});
}

void Entrance::refuse(Refused refused) {
    admitted_ = {};
    use_.reset();
    seat_.reset();
    decide(tl::unexpected(std::move(refused)));
}

void Entrance::decide(Verdict verdict) {
    verdict_ = std::move(verdict);
    if (begun_) guest_.decided();
}

Entrance::Verdict Entrance::take_verdict() {
    ticket_.reset();
    return std::exchange(verdict_, std::nullopt).value();
}

}  // namespace nbdroot::server::admission
