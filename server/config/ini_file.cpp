#include "server/config/ini_file.h"

#include <set>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/constants.h"
#include "server/config/export_check.h"
#include "server/config/export_keys.h"
#include "server/config/ini_lines.h"
#include "server/config/ini_value.h"

namespace nbdroot::server::config {
namespace {

constexpr std::string_view kGeneric = "generic";

// What one file says; the main file, which has [generic], or an included one.
class FileParser {
public:
    FileParser(std::string_view text, Generic& generic, Remarks& remarks, bool is_main)
        : lines_(read_ini(text)), generic_(generic), remarks_(remarks), is_main_(is_main) {}

    ParsedFile parse();

private:
    enum class Kind { generic, an_export, ignored };

    [[nodiscard]] Kind kind_of(const IniSection& section) const;
    // Where the file has KEY in the section of that index, else where the section begins.
    [[nodiscard]] int line_of(std::size_t section, std::string_view key) const;
    void open_sections();
    void take_keys();
    void check_addresses();
    template <class Target>
    void apply(std::span<const Key<Target>> keys, std::span<const ForeignKey> foreign,
               Target& target, const IniKey& key);
    template <class Target>
    [[nodiscard]] std::string explain_unknown(std::span<const Key<Target>> keys,
                                              const std::string& name) const;

    IniLines lines_;
    Generic& generic_;
    Remarks& remarks_;
    bool is_main_;
    std::vector<ExportDraft> drafts_;  // one for each section, also where it is none of an export
};

FileParser::Kind FileParser::kind_of(const IniSection& section) const {
    if (section.name != kGeneric) return Kind::an_export;
    return is_main_ ? Kind::generic : Kind::ignored;
}

int FileParser::line_of(std::size_t section, std::string_view key) const {
    for (const IniKey& candidate : lines_.keys) {
        if (candidate.section == section && candidate.name == key) return candidate.line;
    }
    return section < lines_.sections.size() ? lines_.sections[section].line : 1;
}

void FileParser::open_sections() {
    const bool begins = !lines_.sections.empty() && lines_.sections.front().name == kGeneric;
    for (const IniSection& section : lines_.sections) {
        if (section.name.size() > protocol::nbd::kMaximumString) {
            remarks_.complain(section.line,
                              cat("a name longer than ", protocol::nbd::kMaximumString,
                                  " bytes, which no client can ask for"));
        }
        if (kind_of(section) == Kind::generic && begins && &section != &lines_.sections.front()) {
            remarks_.complain(section.line, "[generic] a second time");
        }
        if (kind_of(section) == Kind::ignored) {
            remarks_.complain(section.line, "[generic] stands in the main file only");
        }
        drafts_.push_back({.config = {.name = section.name,
                                      .path = "",
                                      .is_default = section.name.empty(),
                                      .origin = remarks_.origin(section.line)}});
    }
    if (is_main_ && !begins) {
        remarks_.complain(lines_.sections.empty() ? 1 : lines_.sections.front().line,
                          "the first section must be [generic]");
    }
}

template <class Target>
std::string FileParser::explain_unknown(std::span<const Key<Target>> keys,
                                        const std::string& name) const {
    std::string known;
    for (const auto& candidate : keys) {
        known += cat(known.empty() ? "" : ", ", candidate.name);
    }
    return cat("unknown key '", base::printable(name, 60), "'; known here: ", known);
}

template <class Target>
void FileParser::apply(std::span<const Key<Target>> keys, std::span<const ForeignKey> foreign,
                       Target& target, const IniKey& key) {
    const auto complain = [&](const Error& error) {
        remarks_.complain(key.line, cat(key.name, ": ", error.message()));
    };
    const auto value = unescape(key.value);
    for (const auto& candidate : keys) {
        if (candidate.name != key.name) continue;
        if (!value) return complain(value.error());
        const auto done = candidate.set(target, *value);
        if (!done) complain(done.error());
        return;
    }
    for (const ForeignKey& candidate : foreign) {
        if (candidate.name != key.name) continue;
        const auto verdict = judge(candidate, key.value);
        if (!verdict) return complain(verdict.error());
        if (verdict->text.empty()) return;
        const std::string text = cat(key.name, ": ", verdict->text);
        return verdict->refused ? remarks_.complain(key.line, text) : remarks_.note(key.line, text);
    }
    remarks_.complain(key.line, explain_unknown(keys, key.name));
}

void FileParser::take_keys() {
    std::set<std::pair<std::size_t, std::string_view>> seen;
    for (const IniKey& key : lines_.keys) {
        if (!seen.insert({key.section, key.name}).second) {
            remarks_.complain(key.line, cat("'", base::printable(key.name, 60),
                                            "' a second time in this section"));
            continue;
        }
        switch (kind_of(lines_.sections[key.section])) {
            case Kind::generic:
                apply(generic_keys(), foreign_generic_keys(), generic_, key);
                break;
            case Kind::an_export:
                apply(export_keys(), foreign_export_keys(), drafts_[key.section], key);
                break;
            case Kind::ignored:
                break;
        }
    }
}

// What is said about TCP has no effect where only a unix socket is listened on.
void FileParser::check_addresses() {
    if (!endpoints_of(generic_).empty()) return;
    constexpr std::string_view reason =
        ": it has no effect: with unixsock, TCP is listened on only with duallisten = true";
    if (generic_.port) remarks_.note(line_of(0, "port"), cat("port", reason));
    if (!generic_.addresses.empty()) {
        remarks_.note(line_of(0, "listenaddr"), cat("listenaddr", reason));
    }
}

ParsedFile FileParser::parse() {
    for (const IniComplaint& complaint : lines_.complaints) {
        remarks_.complain(complaint.line, complaint.text);
    }
    open_sections();
    take_keys();
    if (is_main_) check_addresses();
    ParsedFile parsed;
    parsed.generic = {.include_directory = line_of(0, "includedir"),
                      .account = line_of(0, generic_.config.user.empty() ? "group" : "user"),
                      .state_directory = line_of(0, "state-directory")};
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
        const int line = lines_.sections[i].line;
        parsed.last_line = line;
        if (kind_of(lines_.sections[i]) != Kind::an_export) continue;
        check_export(drafts_[i],
                     {.line = line,
                      .line_of = [this, i](std::string_view key) { return line_of(i, key); },
                      .runs_scripts = generic_.runs_scripts},
                     remarks_);
        parsed.exports.push_back({std::move(drafts_[i].config), line});
    }
    return parsed;
}

}  // namespace

ParsedFile parse_main_file(std::string_view text, Generic& generic, Remarks& remarks) {
    return FileParser(text, generic, remarks, true).parse();
}

ParsedFile parse_included_file(std::string_view text, const Generic& generic, Remarks& remarks) {
    Generic copy = generic;
    return FileParser(text, copy, remarks, false).parse();
}

}  // namespace nbdroot::server::config
