#include "server/config/service_config.h"

#include <array>
#include <optional>

#include "lib/base/text.h"
#include "server/config/ini_value.h"

namespace nbdroot::server::config {
namespace {

struct Name {
    ServiceCommand command;
    std::string_view text;
};
constexpr std::array kNames{Name{ServiceCommand::status, "status"},
                            Name{ServiceCommand::image, "image"},
                            Name{ServiceCommand::hash, "hash"},
                            Name{ServiceCommand::flush, "flush"},
                            Name{ServiceCommand::reset_overlay, "reset-overlay"},
                            Name{ServiceCommand::promote_query, "promote-query"},
                            Name{ServiceCommand::script, "script"}};

std::optional<ServiceCommand> command_of(std::string_view text) {
    for (const Name& name : kNames) {
        if (name.text == text) return name.command;
    }
    return std::nullopt;
}

std::string all_names() {
    std::string text;
    for (const Name& name : kNames) text += cat(text.empty() ? "" : ", ", name.text);
    return text;
}

}  // namespace

std::string_view name_of(ServiceCommand command) {
    return kNames[static_cast<std::size_t>(command)].text;
}

Result<std::set<ServiceCommand>> parse_service_commands(std::string_view text) {
    const auto words = split_list(text);
    if (words.empty()) return fail("list", "", "empty; none allows nothing");
    std::set<ServiceCommand> commands;
    if (words.size() == 1 && words.front() == "none") return commands;
    for (const std::string_view word : words) {
        const auto command = command_of(word);
        if (!command) {
            return fail("command", cat("'", base::printable(word, 60), "'"),
                        cat("not known; there are ", all_names(), ", or none"));
        }
        commands.insert(*command);
    }
    return commands;
}

}  // namespace nbdroot::server::config
