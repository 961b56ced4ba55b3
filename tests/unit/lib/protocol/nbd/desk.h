// A ServerHandshake with somebody who answers its questions from a table, as a session would.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/protocol/nbd/server_handshake.h"

namespace nbdroot::protocol::nbd::test {

class Desk {
public:
    struct Refusal {
        OptionReply kind;
        std::string text;
    };

    std::map<std::string, ExportInfo> exports;
    std::optional<Refusal> list_refusal;

    // What was seen.
    Bytes output;
    std::vector<ServerHandshake::ExportWanted> wanted;
    bool transmits = false;
    Features features;                        // once it transmits
    std::optional<std::string> close_reason;  // set once closed
    Bytes rest;                               // what the machine did not consume

    Desk() { discard_greeting(); }

    // Feeds BYTES in pieces of CHUNK bytes.
    void receive(ByteView bytes, std::size_t chunk = SIZE_MAX);

private:
    void discard_greeting() { (void)server_.take_output(); }
    void feed();
    void answer(const ServerHandshake::Event& event);
    void answer_export(const ServerHandshake::ExportWanted& question);
    void answer_list();

    ServerHandshake server_;
};

// A table with one writable export for most tests.
Desk desk_with(const std::string& name, const ExportInfo& info);

}  // namespace nbdroot::protocol::nbd::test
