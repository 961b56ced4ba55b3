#include "agent/handover/ifupdown.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "agent/handover/own_names.h"
#include "agent/handover/run_files.h"
#include "agent/handover/words.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/root_file.h"

namespace nbdroot::agent::handover {
namespace {

constexpr const char* kMainFile = "/etc/network/interfaces";
constexpr std::size_t kMostFiles = 100;  // more are a loop, or a mistake
constexpr std::size_t kLargestFile = std::size_t{256} << 10;
constexpr std::string_view kHead =
    "# A copy, changed by nbdroot-agent: the root file system lies behind an interface that this\n"
    "# file would configure. The file itself is below it: umount shows it, until the next boot.\n";

struct File {
    std::string path;
    std::string text;
};

// All files that the main one leads to, and what could not be followed.
class Collection {
public:
    explicit Collection(const std::string& root) : root_(root) {}

    void add(const std::string& path, bool may_be_folder = true) {
        const bool is_known = std::any_of(files_.begin(), files_.end(),
                                          [&path](const File& file) { return file.path == path; });
        if (is_known) return;
        if (files_.size() >= kMostFiles) return miss({"read", path, "too many files"});
        auto text = sys::read_text_in_root(root_, path, kLargestFile);
        if (!text && text.error().code == ENOENT) return;
        if (!text && text.error().code == EINVAL && may_be_folder) return add_folder(path, "*");
        if (!text) return miss(text.error());
        files_.push_back({.path = path, .text = std::move(*text)});
        for (const Inclusion& one : inclusions_of(files_.back().text)) include(path, one);
    }

    [[nodiscard]] const std::vector<File>& files() const { return files_; }
    [[nodiscard]] const std::optional<Error>& missed() const { return missed_; }

private:
    void include(const std::string& includer, const Inclusion& one) {
        const std::string path = path_from(includer, one.path);
        if (one.is_directory) return add_folder(path, "*");
        if (path.find_first_of("*?[") == std::string::npos) return add(path);
        const std::size_t slash = path.rfind('/');
        add_folder(path.substr(0, slash), path.substr(slash + 1));
    }

    void add_folder(const std::string& folder, std::string_view pattern) {
        if (folder.find_first_of("*?[$`~") != std::string::npos) {
            return miss({"read", folder, "a pattern of folders is not followed"});
        }
        const auto names = sys::list_in_root(root_, folder);
        if (!names && names.error().code == ENOENT) return;
        if (!names) return miss(names.error());
        for (const std::string& name : *names) {
            if (matches_pattern(pattern, name)) add(cat(folder, '/', name), false);
        }
    }

    void miss(const Error& error) {
        if (!missed_) missed_ = error;
    }

    const std::string& root_;
    std::vector<File> files_;
    std::optional<Error> missed_;
};

std::vector<std::string> hardware_interfaces() {
    std::vector<std::string> found;
    const auto all = sys::list_in_root("/", "/sys/class/net");
    if (!all) return found;
    for (const std::string& name : *all) {
        if (sys::path_exists(cat("/sys/class/net/", name, "/device"))) found.push_back(name);
    }
    return found;
}

void add_all(OwnNames& names, const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
}

void complete(OwnNames& names, const std::vector<File>& files) {
    std::vector<std::string> stanzas;
    for (const File& file : files) add_all(stanzas, interface_names(file.text));
    const bool is_known = std::any_of(stanzas.begin(), stanzas.end(), [&names](const auto& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    });
    const auto sole = is_known ? std::nullopt : sole_name(stanzas, hardware_interfaces());
    if (sole) names.push_back(*sole);
    for (const File& file : files) add_all(names, logical_names(file.text, names));
}

}  // namespace

Result<void> cover_interfaces(const std::string& root, OwnNames names) {
    Collection collection(root);
    collection.add(kMainFile);
    complete(names, collection.files());
    std::optional<Error> first = collection.missed();
    for (const File& file : collection.files()) {
        const auto edited = with_manual_interfaces(file.text, names);
        if (!edited) continue;
        const auto covered =
            cover_file(root, file.path, cat(kHead, *edited), sys::Cover::read_only);
        if (!covered && !first) first = covered.error();
    }
    if (first) return fail(*first);
    return {};
}

std::string path_from(std::string_view includer, std::string_view path) {
    return follow_link(includer.substr(0, includer.rfind('/')), path);
}

}  // namespace nbdroot::agent::handover
