// What a session process must not take with it when it is killed: in memory that it shares with the
// guardian.
//
// A process may be killed between any two instructions: each value is one store. A text has two
// places, and the store that makes one of them count comes last.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/resident/request.h"
#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/base/machine_end.h"
#include "lib/base/time.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_description.h"

namespace nbdroot::agent::resident {

class Notes {
    template <std::size_t kLongest>
    struct Text {
        std::uint32_t length;
        std::array<char, kLongest> characters;
    };
    struct ImagePlace {
        Text<protocol::nbd::kMaximumString> canonical_name;
        Text<protocol::nbd::kImageRootForm.size() + protocol::nbd::kImageRootDigits> image_root;
    };
    // Zero: not noted; else one more than the value, where it is optional.
    struct Memory {
        std::uint32_t ending;
        std::uint32_t log_level;
        std::uint32_t timeout_seconds;
        std::uint32_t server;
        std::uint64_t reconnects;
        std::int64_t longest_outage_ms;
        std::uint32_t wish;
        std::uint64_t held_back;
        std::uint32_t info;  // which text
        std::array<Text<kLongestInfo>, 2> texts;
        std::uint32_t image;  // which place
        std::array<ImagePlace, 2> images;
    };

public:
    static constexpr std::size_t kBytes = sizeof(Memory);

    // Over MEMORY of kBytes, aligned as a page, zero at first.
    explicit Notes(ByteSpan memory) : memory_(&reinterpret_cast<Memory&>(memory.front())) {}

    // How the machine is ending, if it is.
    [[nodiscard]] std::optional<MachineEnd> ending() const;
    void set_ending(std::optional<MachineEnd> how);

    // What an operator has set.
    [[nodiscard]] std::optional<Level> log_level() const;
    void set_log_level(Level level);
    [[nodiscard]] std::optional<std::uint32_t> timeout_seconds() const;
    void set_timeout_seconds(std::uint32_t seconds);
    [[nodiscard]] std::string info() const;
    void set_info(std::string_view text);  // at most kLongestInfo characters

    // Of the connections so far. The server is that of the last one.
    [[nodiscard]] std::optional<std::size_t> server() const;
    [[nodiscard]] std::uint64_t reconnects() const;
    [[nodiscard]] Duration longest_outage() const;
    struct Connections {
        std::size_t server = 0;
        std::uint64_t reconnects = 0;
        Duration longest_outage{0};
    };
    void set_connections(const Connections& connections);

    // The server that somebody has asked for and that no connection has been made of since.
    [[nodiscard]] std::optional<std::size_t> wish() const;
    void set_wish(std::optional<std::size_t> server);

    // What connections after the first have shown of this boot's image; nullopt: nothing was noted.
    struct Image {
        std::string canonical_name;
        std::string image_root;
        bool operator==(const Image&) const = default;
    };
    [[nodiscard]] std::optional<Image> image() const;
    // One that cannot be is not noted.
    void set_image(const Image& image);

    // Lines of the log that wait for the end of their storm (journal.h).
    [[nodiscard]] std::uint64_t held_back() const;
    void set_held_back(std::uint64_t lines);

private:
    Memory* memory_;
};

}  // namespace nbdroot::agent::resident
