#include "server/ctl/options.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/text.h"

namespace nbdroot::server::ctl {
namespace {

using control::Request;
using Words = std::vector<std::string>;

struct Form {
    std::string_view name;
    Request::Command command;
    std::size_t least_words = 0;  // behind the command
    std::size_t most_words = 0;
    std::string_view word{};  // what it is
};
constexpr std::array<Form, 14> kForms{
    {{"clients", Request::Command::clients},
     {"exports", Request::Command::exports},
     {"stats", Request::Command::stats},
     {"reload", Request::Command::reload},
     {"restart", Request::Command::restart},
     {"drain", Request::Command::drain, 0, 1, "EXPORT"},
     {"resume", Request::Command::resume, 0, 1, "EXPORT"},
     {"disconnect", Request::Command::disconnect, 1, 1, "CLIENT"},
     {"overlay list", Request::Command::overlay_list, 0, 1, "EXPORT"},
     {"overlay reset", Request::Command::overlay_reset, 2, 2, "EXPORT MACHINE"},
     {"overlay drop", Request::Command::overlay_drop, 2, 2, "EXPORT MACHINE"},
     {"promote", Request::Command::promote, 2, 2, "EXPORT NEWIMAGE"},
     {"rollback", Request::Command::rollback, 1, 1, "EXPORT"},
     {"hash", Request::Command::hash, 0, 1, "EXPORT"}}};

Failure refuse(std::string_view object, std::string_view reason) {
    return fail("option", object, reason);
}

struct Parsed {
    Options options{};
    Words words{};
    std::optional<Duration> timeout{};
    OverlaySettings overlay{};
    std::optional<std::string> file{};
};

Result<Duration> parse_timeout(const std::string& text) {
    const auto number =
        base::parse_decimal(text, static_cast<std::uint64_t>(control::kMaximumWait.count()));
    if (!number) {
        return refuse("--timeout", cat("'", base::printable(text), "' is no number from 0 to ",
                                       control::kMaximumWait.count()));
    }
    return std::chrono::seconds(*number);
}

Result<void> take_value(Parsed& parsed, const std::string& name, const std::string& value) {
    if (name == "--timeout") {
        parsed.timeout = NBDROOT_TRY(parse_timeout(value));
    } else if (value.empty()) {
        return refuse(name, "empty");
    } else if (name == "--file") {
        parsed.file = value;
    } else if (auto* const kept = parsed.overlay.find(name)) {
        *kept = value;
    } else {
        parsed.options.socket = value;
    }
    return {};
}

// Takes the option at the front of REST, with its value.
Result<void> take_option(Parsed& parsed, std::span<const char* const>& rest) {
    const std::string word = rest.front();
    rest = rest.subspan(1);
    if (word == "--json") {
        parsed.options.json = true;
    } else if (word == "-h" || word == "--help") {
        parsed.options.action = Options::Action::help;
    } else if (word == "-V" || word == "--version") {
        parsed.options.action = Options::Action::version;
    } else {
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        const std::string name = word.substr(0, equals);
        if (name != "-s" && name != "--socket" && name != "--timeout" && name != "--file" &&
            parsed.overlay.find(name) == nullptr) {
            return refuse(base::printable(name), "unknown; --help lists the options");
        }
        if (equals != std::string::npos) return take_value(parsed, name, word.substr(equals + 1));
        if (rest.empty()) return refuse(name, "needs a value");
        NBDROOT_CHECK(take_value(parsed, name, rest.front()));
        rest = rest.subspan(1);
    }
    return {};
}

Result<const Form*> find_form(const Words& words) {
    if (words.empty()) return refuse("", "a command is needed; --help lists them");
    for (const Form& form : kForms) {
        if (form.name == words[0]) return &form;
    }
    return fail("command", base::printable(words[0]), "unknown; --help lists the commands");
}

// False: what follows "overlay" is for the server.
Result<bool> take_overlay_job(Parsed& parsed) {
    const Words words(parsed.words.begin() + 1, parsed.words.end());
    auto job = NBDROOT_TRY(parse_overlay_job(words, parsed.overlay));
    if (!job) return false;
    if (parsed.timeout) return refuse("--timeout", "only drain waits");
    if (parsed.options.json && job->kind != OverlayJob::Kind::check) {
        return refuse("--json", cat("not with overlay ", words.front()));
    }
    parsed.options.action = Options::Action::work;
    parsed.options.job = std::move(*job);
    return true;
}

// Nobody is asked: it is computed here.
Result<void> take_file(Parsed& parsed) {
    const Words& words = parsed.words;
    if (words.empty() || words[0] != "hash") return refuse("--file", "only with hash");
    if (words.size() > 1) return refuse("--file", "not with the name of an export");
    if (parsed.timeout) return refuse("--timeout", "only drain waits");
    if (!parsed.overlay.any().empty()) return refuse(parsed.overlay.any(), "not with hash");
    parsed.options.action = Options::Action::hash_file;
    parsed.options.file = *parsed.file;
    return {};
}

Result<void> take_words(Parsed& parsed) {
    if (parsed.file) return take_file(parsed);
    Words words = parsed.words;
    if (!words.empty() && words[0] == "overlay") {
        if (NBDROOT_TRY(take_overlay_job(parsed))) return {};
        words.erase(words.begin());
        if (words.empty()) return refuse("", "overlay needs a command; --help lists them");
        words.front().insert(0, "overlay ");
    }
    const Form& form = *NBDROOT_TRY(find_form(words));
    if (!parsed.overlay.any().empty()) {
        return refuse(parsed.overlay.any(), cat("not with ", form.name));
    }
    const std::size_t given = words.size() - 1;
    if (given < form.least_words) {
        return fail("command", form.name,
                    cat(form.least_words == 1 ? "needs a word: " : "needs two words: ", form.word));
    }
    if (given > form.most_words) {
        return fail("command", form.name,
                    cat("unexpected argument '", base::printable(words[form.most_words + 1]), "'"));
    }
    Request& request = parsed.options.request;
    request.command = form.command;
    const bool is_client = form.command == Request::Command::disconnect;
    if (given > 0 && is_client) request.client = words[1];
    if (given > 0 && !is_client) request.export_name = words[1];
    if (form.command == Request::Command::promote) {
        request.image = words[2];
    } else if (given > 1) {
        request.machine = words[2];
    }
    if (!parsed.timeout) return {};
    if (form.command != Request::Command::drain) {
        return refuse("--timeout", cat("not with ", form.name, ": only drain waits"));
    }
    request.timeout = *parsed.timeout;
    return {};
}

}  // namespace

Result<Options> parse_options(std::span<const char* const> arguments) {
    Parsed parsed;
    bool only_words = false;
    while (!arguments.empty()) {
        const std::string_view word = arguments.front();
        if (!only_words && word == "--") {
            only_words = true;
        } else if (!only_words && word.size() > 1 && word.front() == '-') {
            NBDROOT_CHECK(take_option(parsed, arguments));
            continue;
        } else {
            parsed.words.emplace_back(word);
        }
        arguments = arguments.subspan(1);
    }
    if (parsed.options.action == Options::Action::ask) NBDROOT_CHECK(take_words(parsed));
    return std::move(parsed.options);
}

const char* usage_text() {
    return "nbd-rootserverctl asks and steers a running nbd-rootserver.\n"
           "\n"
           "usage: nbd-rootserverctl [OPTIONS] clients               who uses what\n"
           "       nbd-rootserverctl [OPTIONS] exports               what is served to how many\n"
           "       nbd-rootserverctl [OPTIONS] stats                 counters since the start\n"
           "       nbd-rootserverctl [OPTIONS] reload                reads the configuration "
           "again\n"
           "       nbd-rootserverctl [OPTIONS] restart               a new program takes "
           "over, and\n"
           "                                                         refuses no connection\n"
           "       nbd-rootserverctl [OPTIONS] drain [EXPORT]        closes the clients of "
           "EXPORT,\n"
           "                                                         or all, and takes no new "
           "ones\n"
           "       nbd-rootserverctl [OPTIONS] resume [EXPORT]       takes clients again\n"
           "       nbd-rootserverctl [OPTIONS] disconnect CLIENT     closes one connection; "
           "CLIENT\n"
           "                                                         is a number or ADDRESS:PORT\n"
           "       nbd-rootserverctl [OPTIONS] promote EXPORT NEWIMAGE\n"
           "                                                         new boots get NEWIMAGE, "
           "which\n"
           "                                                         takes the image's name\n"
           "       nbd-rootserverctl [OPTIONS] rollback EXPORT       new boots get the image "
           "before\n"
           "       nbd-rootserverctl [OPTIONS] hash [EXPORT]         the Merkle roots of the "
           "images:\n"
           "                                                         equal ones hold the same\n"
           "       nbd-rootserverctl [--json] hash --file IMAGE      computes one here and now\n"
           "\n"
           "What machines have written over an image that they share:\n"
           "       nbd-rootserverctl [OPTIONS] overlay list [EXPORT]\n"
           "       nbd-rootserverctl [OPTIONS] overlay reset EXPORT MACHINE   empty at its next "
           "boot\n"
           "       nbd-rootserverctl [OPTIONS] overlay drop EXPORT MACHINE    deletes it\n"
           "       nbd-rootserverctl [OPTIONS] overlay commit EXPORT MACHINE NEWIMAGE\n"
           "                               image and overlay as a new image\n"
           "       nbd-rootserverctl [OPTIONS] overlay export EXPORT MACHINE FILE\n"
           "                               what the machine sees, as a file\n"
           "       nbd-rootserverctl [--json] overlay check FILE              what is wrong with "
           "it\n"
           "\n"
           "  -s, --socket PATH   the server's control socket; default\n"
           "                      /run/nbd-rootserver/control\n"
           "      --json          print the server's answer as it is\n"
           "      --timeout S     drain: wait at most S seconds for the last client; default 30\n"
           "      --format F      overlay export: raw (default) or qcow2, by qemu-img\n"
           "      --overlay PATH  overlay commit, export: of this overlay, without a server and\n"
           "      --image IMAGE   instead of EXPORT MACHINE; IMAGE is what it was written over,\n"
           "      --image-id ID   whose key image-id the server's configuration has set to ID\n"
           "  -h, --help          this text\n"
           "  -V, --version       the version\n"
           "\n"
           "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no server there.\n";
}

}  // namespace nbdroot::server::ctl
