#include "server/config/ini_config.h"

#include <map>
#include <utility>

#include "lib/base/text.h"
#include "server/config/ini_file.h"

namespace nbdroot::server::config {
namespace {

std::string shown(std::string_view name) { return cat("[", base::printable(name, 60), "]"); }

// All files together.
class Parser {
public:
    ParsedConfig parse(std::string_view text, const std::string& file,
                       const IncludedFiles& included);

private:
    std::vector<IncludedFile> find_included(const IncludedFiles& included, int line,
                                            Remarks& remarks) const;
    void take_included(const IncludedFile& file);
    void take(std::vector<FileExport> exports, Remarks& remarks);
    void check_names(const FileExport& target, Remarks& remarks);

    ParsedConfig result_;
    Generic generic_;
    std::map<std::string, std::string> names_;      // of exports; "FILE:LINE: "
    std::map<std::string, std::string> image_ids_;  // of what is written; the export's name
};

void Parser::check_names(const FileExport& target, Remarks& remarks) {
    const ExportConfig& config = target.config;
    const auto [first, fresh] = names_.emplace(config.name, config.origin);
    if (!fresh) {
        const std::string where = first->second.substr(0, first->second.size() - 2);
        remarks.complain(target.line,
                         cat(shown(config.name), " a second time, the first is ", where));
    }
    if (!writes_image(config) || config.image_id.empty()) return;
    // One file in the state directory belongs to each id.
    const auto [other, first_use] = image_ids_.emplace(config.image_id, config.name);
    if (first_use) return;
    remarks.complain(target.line, cat(shown(config.name), " and ", shown(other->second),
                                      " have the same image-id, and both are written"));
}

void Parser::take(std::vector<FileExport> exports, Remarks& remarks) {
    for (FileExport& target : exports) {
        check_names(target, remarks);
        result_.config.exports.push_back(std::move(target.config));
    }
    remarks.move_to(result_);
}

std::vector<IncludedFile> Parser::find_included(const IncludedFiles& included, int line,
                                                Remarks& remarks) const {
    if (generic_.include_directory.empty()) return {};
    auto files = included(generic_.include_directory);
    if (files) return std::move(*files);
    remarks.complain(line, cat("includedir: ", files.error().message()));
    return {};
}

void Parser::take_included(const IncludedFile& file) {
    if (!file.text) {
        result_.complaints.push_back(file.text.error().message());
        return;
    }
    Remarks remarks(file.name);
    ParsedFile parsed = parse_included_file(*file.text, generic_, remarks);
    take(std::move(parsed.exports), remarks);
}

ParsedConfig Parser::parse(std::string_view text, const std::string& file,
                           const IncludedFiles& included) {
    Remarks remarks(file);
    ParsedFile parsed = parse_main_file(text, generic_, remarks);
    const GenericLines lines = parsed.generic;
    const auto others = find_included(included, lines.include_directory, remarks);
    take(std::move(parsed.exports), remarks);
    for (const IncludedFile& other : others) take_included(other);
    if (result_.config.exports.empty()) {
        remarks.complain(
            parsed.last_line,
            cat("no section of an export", generic_.include_directory.empty() ? "" : ", nor in ",
                base::printable(generic_.include_directory)));
        remarks.move_to(result_);
    }
    auto exports = std::exchange(result_.config.exports, {});
    result_.config = generic_.config;
    result_.config.exports = std::move(exports);
    result_.config.listen = endpoints_of(generic_);
    result_.config.account_origin = remarks.origin(lines.account);
    result_.config.state_directory_origin = remarks.origin(lines.state_directory);
    return std::move(result_);
}

}  // namespace

ParsedConfig parse_ini_config(std::string_view text, const std::string& file,
                              const IncludedFiles& included) {
    return Parser().parse(text, file, included);
}

}  // namespace nbdroot::server::config
