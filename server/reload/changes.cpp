#include "server/reload/changes.h"

#include <algorithm>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::server::reload {
namespace {

const Served* named(const std::vector<Served>& exports, const std::string& name) {
    const auto place = std::find_if(exports.begin(), exports.end(),
                                    [&](const Served& one) { return one.config.name == name; });
    return place == exports.end() ? nullptr : &*place;
}

std::string go_on(std::size_t users, std::string_view with) {
    if (users == 0) return "";
    return cat("; ", users, users == 1 ? " client goes on with " : " clients go on with ", with);
}

// Lines of the file may have moved.
bool same_settings(config::ExportConfig one, config::ExportConfig other) {
    one.origin.clear();
    other.origin.clear();
    return one == other;
}

std::string change_of(const Served& before, const Served& after) {
    const std::string what = cat("export '", after.config.name, "': ");
    if (before.target != after.target) {
        return cat(what, "now ", after.description, go_on(before.users, "what it had"));
    }
    if (same_settings(before.config, after.config)) return "";
    return cat(what, "new settings, for newcomers: ", after.description);
}

}  // namespace

std::vector<std::string> changes(const std::vector<Served>& before,
                                 const std::vector<Served>& after) {
    std::vector<std::string> lines;
    for (const Served& one : before) {
        if (named(after, one.config.name) != nullptr) continue;
        lines.push_back(cat("export '", one.config.name, "': removed", go_on(one.users, "it")));
    }
    for (const Served& one : after) {
        const Served* const was = named(before, one.config.name);
        std::string line = was == nullptr
                               ? cat("export '", one.config.name, "': new, ", one.description)
                               : change_of(*was, one);
        if (!line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<std::string> settings_for_next_start(const config::Config& started,
                                                 const config::Config& wanted) {
    struct Setting {
        bool differs;
        std::string_view key;
    };
    const Setting settings[] = {
        {started.listen != wanted.listen, "port and listenaddr"},
        {started.unix_sockets != wanted.unix_sockets, "unixsock"},
        {started.state_directory != wanted.state_directory, "state-directory"},
        {started.control_socket != wanted.control_socket, "control-socket"},
        {started.metrics != wanted.metrics, "metrics"},
        {started.user != wanted.user, "user"},
        {started.group != wanted.group, "group"},
    };
    std::vector<std::string> lines;
    for (const Setting& setting : settings) {
        if (!setting.differs) continue;
        lines.push_back(cat("[generic] ", setting.key,
                            ": changed in the file; takes effect at the next start"));
    }
    return lines;
}

}  // namespace nbdroot::server::reload
