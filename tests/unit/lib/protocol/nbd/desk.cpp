#include "tests/unit/lib/protocol/nbd/desk.h"

#include <algorithm>

namespace nbdroot::protocol::nbd::test {

void Desk::receive(ByteView bytes, std::size_t chunk) {
    while (!bytes.empty()) {
        const ByteView piece = bytes.first(std::min(chunk, bytes.size()));
        bytes = bytes.subspan(piece.size());
        rest.insert(rest.end(), piece.begin(), piece.end());
        feed();
    }
}

void Desk::feed() {
    for (;;) {
        const std::size_t consumed = server_.on_bytes(rest);
        rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(consumed));
        const auto event = server_.take_event();
        if (event) answer(*event);
        ByteWriter(output).bytes(server_.take_output());
        if (!event) return;
    }
}

void Desk::answer(const ServerHandshake::Event& event) {
    if (const auto* question = std::get_if<ServerHandshake::ExportWanted>(&event)) {
        answer_export(*question);
    } else if (std::holds_alternative<ServerHandshake::ListWanted>(event)) {
        answer_list();
    } else if (const auto* closed = std::get_if<ServerHandshake::Closed>(&event)) {
        close_reason = closed->reason;
    } else {
        transmits = true;
        features = server_.features();
    }
}

void Desk::answer_export(const ServerHandshake::ExportWanted& question) {
    wanted.push_back(question);
    const auto found = exports.find(question.name);
    if (found == exports.end()) {
        return server_.refuse_export(OptionReply::error_unknown, "nothing of that name here");
    }
    server_.accept_export(found->second);
}

void Desk::answer_list() {
    if (list_refusal) return server_.refuse_list(list_refusal->kind, list_refusal->text);
    std::vector<std::string> names;
    for (const auto& [name, info] : exports) names.push_back(name);
    server_.answer_list(names);
}

Desk desk_with(const std::string& name, const ExportInfo& info) {
    Desk desk;
    desk.exports.emplace(name, info);
    return desk;
}

}  // namespace nbdroot::protocol::nbd::test
