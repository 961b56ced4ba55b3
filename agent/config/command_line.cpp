// The words of a command line to a BootConfig: read all, then settle what depends on several.
#include <optional>
#include <utility>

#include "agent/config/draft.h"
#include "agent/config/parse.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

void settle_targets(Draft& draft, Pass& pass) {
    if (!pass.targets.targets.empty()) {
        draft.targets = std::move(pass.targets);
        if (pass.elsewhere) {
            draft.config.notes.push_back(
                cat(base::printable(pass.elsewhere_word), " has no effect beside nbdroot="));
        }
    } else if (pass.elsewhere) {
        draft.targets = std::move(*pass.elsewhere);
    }
}

template <class T>
void replace_if_given(std::vector<T>& old, std::vector<T>& fresh) {
    if (!fresh.empty()) old = std::move(fresh);
}

enum class Refused { is_error, is_note };

Result<void> read_text(Draft& draft, std::string_view text, const char* what,
                       Refused refused = Refused::is_error) {
    Pass pass;
    bool for_init = false;
    for (const Word& word : split_words(text)) {
        if (for_init) {
            pass.init_arguments.push_back(joined(word));
        } else if (word.name == "--" && !word.value) {
            for_init = true;
        } else if (auto done = read_parameter(draft, pass, word); !done) {
            const Failure failure = fail(what, base::printable(joined(word)), done.error().reason);
            if (refused == Refused::is_error) return failure;
            draft.config.notes.push_back(failure.value().message() + "; passed over");
        }
    }
    settle_targets(draft, pass);
    replace_if_given(draft.config.network.interfaces, pass.interfaces);
    replace_if_given(draft.config.network.name_servers, pass.name_servers);
    replace_if_given(draft.config.network.routes, pass.routes);
    replace_if_given(draft.config.network.names, pass.names);
    replace_if_given(draft.config.root.init_arguments, pass.init_arguments);
    return {};
}

// "/dev/nbd1p2" and "/dev/nbd1" to "nbd1"; nullopt where ROOT is no node of an NBD device.
std::optional<std::string> nbd_device_of(std::string_view root) {
    if (!root.starts_with("/dev/nbd")) return std::nullopt;
    return parse_nbd_device(root.substr(0, root.find('p')));
}

// nbdroot.device=, then root=/dev/nbdN, then nbddev=, then the third field of Debian's form.
Result<void> settle_device(Draft& draft) {
    const std::string root = draft.root.value_or("");
    const auto by_root = nbd_device_of(root);
    if (draft.device_given) {
        if (!by_root || *by_root == draft.config.device) return {};
        return fail("parameter", cat("root=", base::printable(root)),
                    cat("is on another device than nbdroot.device=", draft.config.device,
                        "; leave one of the two out"));
    }
    if (by_root) {
        draft.config.device = *by_root;
    } else if (!draft.implied_device.empty()) {
        draft.config.device = draft.implied_device;
    } else if (!draft.targets.device.empty()) {
        draft.config.device = draft.targets.device;
    }
    return {};
}

// What dracut's string says about mounting stands behind the kernel's own parameters.
void settle_root(Draft& draft) {
    RootConfig& root = draft.config.root;
    root.device = draft.root.value_or("");
    root.file_system = draft.file_system.value_or(draft.targets.file_system);
    root.flags = draft.flags.value_or(draft.targets.flags);
    root.read_only = draft.read_only.value_or(draft.targets.read_only.value_or(true));
    // What lies below an overlay is never written.
    if (draft.config.overlay.tmpfs) root.read_only = true;
}

}  // namespace

Result<BootConfig> parse_command_lines(const CommandLines& texts) {
    Draft draft;
    const std::string added = without_comments(texts.added);
    const Refused refused = split_words(added).empty() ? Refused::is_error : Refused::is_note;
    NBDROOT_CHECK(read_text(draft, without_comments(texts.defaults), "default parameter", refused));
    NBDROOT_CHECK(read_text(draft, texts.kernel, "parameter", refused));
    NBDROOT_CHECK(read_text(draft, added, "added parameter"));
    if (draft.targets.targets.empty()) {
        return fail("parameter", "nbdroot", cat("is missing; ", kForms));
    }
    NBDROOT_CHECK(settle_device(draft));
    settle_root(draft);
    NBDROOT_CHECK(settle_network(draft));
    draft.config.targets = std::move(draft.targets.targets);
    for (std::string& note : draft.targets.notes) draft.config.notes.push_back(std::move(note));
    return std::move(draft.config);
}

Result<BootConfig> parse_command_line(std::string_view command_line, std::string_view defaults) {
    return parse_command_lines(
        {.defaults = std::string(defaults), .kernel = std::string(command_line)});
}

}  // namespace nbdroot::agent::config
