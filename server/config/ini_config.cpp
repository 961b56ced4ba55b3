#include "server/config/ini_config.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/constants.h"
#include "server/config/ini_lines.h"

namespace nbdroot::server::config {
namespace {

constexpr std::string_view kGeneric = "generic";

Result<bool> parse_boolean(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return fail("boolean", cat("'", base::printable(text), "'"), "neither true nor false");
}

class Parser {
public:
    explicit Parser(std::string file) : file_(std::move(file)) {}

    ParsedConfig parse(std::string_view text);

private:
    struct Generic {
        std::vector<std::string> addresses;
        std::uint16_t port = protocol::nbd::kDefaultPort;
        std::string state_directory;
    };
    using Value = const std::string&;
    using GenericSetter = Result<void> (*)(Generic&, Value);
    using ExportSetter = Result<void> (*)(ExportConfig&, Value);
    struct GenericKey {
        std::string_view name;
        GenericSetter set;
    };
    struct ExportKey {
        std::string_view name;
        ExportSetter set;
    };
    static const GenericKey kGenericKeys[];
    static const ExportKey kExportKeys[];

    void complain(int line, std::string_view text);
    void check_sections(const std::vector<IniSection>& sections);
    void take_keys(const IniLines& lines);
    void check_exports(const std::vector<IniSection>& sections);
    void check_image_ids(const std::vector<IniSection>& sections);
    void combine();
    template <class Keys, class Target>
    void apply(const Keys& keys, Target& target, const IniKey& key);

    std::string file_;
    ParsedConfig result_;
    Generic generic_;
    std::vector<std::optional<ExportConfig>> exports_;  // one for each section; none for [generic]
    std::vector<std::pair<int, std::string>> faults_;   // line, text
};

Result<void> set_addresses(std::vector<std::string>& addresses, std::string value) {
    std::replace(value.begin(), value.end(), ',', ' ');
    for (const std::string_view address : base::split(value, ' ')) {
        if (!address.empty()) addresses.push_back(NBDROOT_TRY(parse_address(address)));
    }
    return {};
}

const Parser::GenericKey Parser::kGenericKeys[] = {
    {"port",
     [](Generic& generic, Value value) -> Result<void> {
         generic.port = NBDROOT_TRY(parse_port(value));
         return {};
     }},
    {"listenaddr",
     [](Generic& generic, Value value) -> Result<void> {
         return set_addresses(generic.addresses, value);
     }},
    {"state-directory", [](Generic& generic, Value value) -> Result<void> {
         if (value.empty()) return fail("directory", "", "empty");
         generic.state_directory = value;
         return {};
     }}};

const Parser::ExportKey Parser::kExportKeys[] = {
    {"exportname",
     [](ExportConfig& target, Value value) -> Result<void> {
         if (value.empty()) return fail("exportname", "", "empty; it is the path of the image");
         target.path = value;
         return {};
     }},
    {"readonly",
     [](ExportConfig& target, Value value) -> Result<void> {
         target.read_only = NBDROOT_TRY(parse_boolean(value));
         return {};
     }},
    {"shared",
     [](ExportConfig& target, Value value) -> Result<void> {
         target.shared = NBDROOT_TRY(parse_boolean(value));
         return {};
     }},
    {"image-id", [](ExportConfig& target, Value value) -> Result<void> {
         target.image_id = NBDROOT_TRY(parse_image_id(value));
         return {};
     }}};

ParsedConfig Parser::parse(std::string_view text) {
    const IniLines lines = read_ini(text);
    for (const IniComplaint& complaint : lines.complaints) complain(complaint.line, complaint.text);
    check_sections(lines.sections);
    take_keys(lines);
    check_exports(lines.sections);
    combine();
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [line, fault] : faults_) {
        result_.complaints.push_back(cat(file_, ':', line, ": ", fault));
    }
    return std::move(result_);
}

void Parser::complain(int line, std::string_view text) { faults_.emplace_back(line, text); }

void Parser::check_sections(const std::vector<IniSection>& sections) {
    std::set<std::string_view> seen;
    for (const IniSection& section : sections) {
        const std::string shown = cat("[", base::printable(section.name, 60), "]");
        if (!seen.insert(section.name).second) complain(section.line, cat(shown, " a second time"));
        if (section.name.size() > protocol::nbd::kMaximumString) {
            complain(section.line, cat("a name longer than ", protocol::nbd::kMaximumString,
                                       " bytes, which no client can ask for"));
        }
        const bool generic = section.name == kGeneric;
        exports_.push_back(
            generic ? std::nullopt
                    : std::optional(ExportConfig{.name = section.name,
                                                 .path = "",
                                                 .is_default = section.name.empty(),
                                                 .origin = cat(file_, ':', section.line, ": ")}));
    }
    if (sections.empty() || sections.front().name != kGeneric) {
        complain(sections.empty() ? 1 : sections.front().line,
                 "the first section must be [generic]");
    }
}

template <class Keys, class Target>
void Parser::apply(const Keys& keys, Target& target, const IniKey& key) {
    std::string known;
    for (const auto& candidate : keys) {
        if (candidate.name == key.name) {
            const auto done = candidate.set(target, key.value);
            if (!done) complain(key.line, cat(key.name, ": ", done.error().message()));
            return;
        }
        known += cat(known.empty() ? "" : ", ", candidate.name);
    }
    complain(key.line,
             cat("unknown key '", base::printable(key.name, 60), "'; known here: ", known));
}

void Parser::take_keys(const IniLines& lines) {
    std::set<std::pair<std::size_t, std::string_view>> seen;
    for (const IniKey& key : lines.keys) {
        if (!seen.insert({key.section, key.name}).second) {
            complain(key.line,
                     cat("'", base::printable(key.name, 60), "' a second time in this section"));
        } else if (auto& target = exports_[key.section]) {
            apply(kExportKeys, *target, key);
        } else {
            apply(kGenericKeys, generic_, key);
        }
    }
}

void Parser::check_exports(const std::vector<IniSection>& sections) {
    bool any = false;
    for (std::size_t i = 0; i < exports_.size(); ++i) {
        if (!exports_[i]) continue;
        any = true;
        if (exports_[i]->path.empty()) {
            complain(sections[i].line, cat("[", base::printable(sections[i].name, 60),
                                           "] has no exportname, the path of its image"));
        }
    }
    check_image_ids(sections);
    if (!any) complain(sections.empty() ? 1 : sections.back().line, "no section of an export");
}

// One file in the state directory belongs to each id.
void Parser::check_image_ids(const std::vector<IniSection>& sections) {
    std::map<std::string_view, std::string_view> seen;  // id, section
    for (std::size_t i = 0; i < exports_.size(); ++i) {
        if (!exports_[i] || exports_[i]->read_only || exports_[i]->image_id.empty()) continue;
        const auto [first, fresh] = seen.emplace(exports_[i]->image_id, sections[i].name);
        if (fresh) continue;
        complain(sections[i].line, cat("[", base::printable(sections[i].name, 60), "] and [",
                                       base::printable(first->second, 60),
                                       "] have the same image-id, and both are written"));
    }
}

void Parser::combine() {
    if (generic_.addresses.empty()) generic_.addresses.emplace_back();
    for (const std::string& address : generic_.addresses) {
        result_.config.listen.push_back({.ip = address, .port = generic_.port});
    }
    result_.config.state_directory = generic_.state_directory;
    for (auto& target : exports_) {
        if (target) result_.config.exports.push_back(std::move(*target));
    }
}

}  // namespace

ParsedConfig parse_ini_config(std::string_view text, const std::string& file) {
    return Parser(file).parse(text);
}

}  // namespace nbdroot::server::config
