// One client, from accept to close: its socket, its turn in the loop, its end.
//
//   negotiating ──► transmitting ──► closed        DISC, end of stream, lost connection, fenced
//        ├──► handing over ──► closed           its connection goes on as a service connection
//        └──────────────┴─────► lingering ──► closed   refused, or the server stops: what was sent
//                                                      is read before the connection goes
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"
#include "lib/sys/listener.h"
#include "server/admission/entrance.h"
#include "server/config/allow_list.h"
#include "server/export/export_table.h"
#include "server/service/service.h"
#include "server/session/client_view.h"
#include "server/session/draining.h"
#include "server/session/limits.h"
#include "server/session/negotiation.h"
#include "server/session/output_queue.h"
#include "server/session/refusal_log.h"
#include "server/session/scratch.h"
#include "server/session/tally.h"
#include "server/session/transmission.h"

namespace nbdroot::server::session {

class Session;

// What all sessions of a loop share.
struct Surroundings {
    io::Loop& loop;
    const export_::ExportTable& exports;
    const Log& log;
    RefusalLog refusals{};
    Draining draining{};
    admission::Reception reception{};
    Tally tally{};
    Scratch scratch{};
    std::vector<std::weak_ptr<Session>> changed{};  // work for them is done: resume() them
    std::function<void(Session&)> ended{};
    Duration handshake_limit = kHandshakeLimit;
    std::unique_ptr<service::Service> service{};  // null: there is none
    Negotiation::ImageRoot image_root{};
};

class Session : public std::enable_shared_from_this<Session> {
public:
    using Id = std::uint64_t;

    Session(Surroundings& surroundings, sys::Accepted accepted, Id id = 0);

    // Sends the greeting and begins to listen to the client.
    Result<void> start();

    // Goes on after work that ran elsewhere.
    void resume();

    // Reads no more, answers every whole request that was read, then ends, with the reason for the
    // log.
    void drain(const std::string& reason);

    // Ends at once, with the reason for the log.
    void end(const std::string& reason);

    [[nodiscard]] Id id() const { return id_; }
    [[nodiscard]] const std::string& peer() const { return peer_; }
    [[nodiscard]] const std::optional<config::HostAddress>& address() const { return address_; }
    [[nodiscard]] ClientView view() const;
    // What it uses, or has asked for; null: nothing yet.
    [[nodiscard]] const export_::Export* target() const;

private:
    enum class Phase { negotiating, handing_over, transmitting, lingering, closed };

    void guarded(const std::function<void()>& work);
    void on_ready(io::Ready ready);
    void on_deadline();
    void receive();
    void on_bytes(ByteView bytes);
    std::size_t consume(ByteView bytes);
    void on_negotiated();
    void enter();
    [[nodiscard]] admission::Guest guest();
    void resume_handshake();
    void heed_verdict();
    [[nodiscard]] export_::Pulse pulse() const;
    void begin_transmission();
    [[nodiscard]] bool hand_over();
    void discard_input();
    void step();
    bool send();
    [[nodiscard]] bool finish();
    void lose(const Error& error);
    void linger(const std::string& reason);
    void update_waits();
    [[nodiscard]] bool wants_bytes() const;
    [[nodiscard]] bool has_options() const;
    [[nodiscard]] bool has_work() const;
    [[nodiscard]] bool quiet() const;
    void log_end(const std::string& reason);

    Surroundings& surroundings_;
    Id id_;
    sys::Fd socket_;
    std::string peer_;
    std::optional<config::HostAddress> address_;
    std::unique_ptr<io::Watch> watch_;
    std::unique_ptr<io::Timer> deadline_;  // of the handshake, then of lingering
    std::unique_ptr<io::Timer> next_turn_;
    Phase phase_ = Phase::negotiating;
    std::optional<std::string> drain_reason_;
    bool peer_ended_ = false;
    bool in_changed_ = false;
    bool end_logged_ = false;
    bool sending_ended_ = false;
    std::unique_ptr<Negotiation> negotiation_;
    std::shared_ptr<admission::Entrance> entrance_;  // while it waits to be let in
    admission::Entrance::Admitted admitted_;         // then; the stay until the end
    Instant handshake_ends_{};
    Duration handshake_left_{};
    OutputQueue output_;
    Bytes input_;  // received, not yet taken
    std::shared_ptr<Transmission> transmission_;
    std::string boot_token_;  // its first characters, once the handshake is over
    Instant began_;
    Instant last_seen_;
};

}  // namespace nbdroot::server::session
