#include "server/config/options.h"

#include <tuple>
#include <vector>

#include "lib/base/text.h"

namespace nbdroot::server::config {
namespace {

using Action = Options::Action;

struct Option {
    std::string_view long_name;
    std::string_view short_name;  // may be empty
    bool has_value;
    Result<void> (*set)(Options&, const std::string& value);
};

ExportConfig& image(Options& options) { return options.config.exports.front(); }

Result<void> set_log_level(Options& options, const std::string& value) {
    constexpr std::pair<std::string_view, Level> levels[] = {{"error", Level::error},
                                                             {"warning", Level::warning},
                                                             {"info", Level::info},
                                                             {"debug", Level::debug}};
    for (const auto& [name, level] : levels) {
        if (value == name) {
            options.log_level = level;
            return {};
        }
    }
    return fail("option", "--log-level", cat("'", value, "' is not error, warning, info or debug"));
}

template <Action kAction>
Result<void> set_action(Options& options, const std::string&) {
    options.action = kAction;
    return {};
}

constexpr Option kOptions[] = {
    {"--read-only", "-r", false,
     [](Options& options, const std::string&) -> Result<void> {
         image(options).read_only = true;
         return {};
     }},
    {"--shared", "", false,
     [](Options& options, const std::string&) -> Result<void> {
         image(options).shared = true;
         return {};
     }},
    {"--image-id", "", true,
     [](Options& options, const std::string& value) -> Result<void> {
         image(options).image_id = NBDROOT_TRY(parse_image_id(value));
         return {};
     }},
    {"--state-directory", "", true,
     [](Options& options, const std::string& value) -> Result<void> {
         if (value.empty()) return fail("option", "--state-directory", "empty");
         options.config.state_directory = value;
         return {};
     }},
    {"--config", "-c", true,
     [](Options& options, const std::string& value) -> Result<void> {
         options.config_file = value;
         return {};
     }},
    {"--foreground", "-n", false, [](Options&, const std::string&) -> Result<void> { return {}; }},
    {"--log-level", "", true, set_log_level},
    {"--check", "", false, set_action<Action::check>},
    {"--help", "-h", false, set_action<Action::help>},
    {"--version", "-V", false, set_action<Action::version>},
};

struct Split {
    std::string name;
    std::optional<std::string> value;  // of "--name=value"
};

Split split_argument(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    if (!argument.starts_with("--") || equals == std::string::npos) return {argument, std::nullopt};
    return {argument.substr(0, equals), argument.substr(equals + 1)};
}

const Option* find_option(std::string_view name) {
    for (const Option& option : kOptions) {
        if (name == option.long_name || name == option.short_name) return &option;
    }
    return nullptr;
}

// Takes the option at the front of REST, with its value.
Result<void> take_option(Options& options, std::span<const std::string>& rest) {
    Split split = split_argument(rest.front());
    rest = rest.subspan(1);
    const Option* const option = find_option(split.name);
    if (option == nullptr) return fail("option", split.name, "unknown; --help lists the options");
    if (!option->has_value) {
        if (split.value) return fail("option", split.name, "takes no value");
        return option->set(options, "");
    }
    if (!split.value) {
        if (rest.empty()) return fail("option", split.name, "needs a value");
        split.value = rest.front();
        rest = rest.subspan(1);
    }
    return option->set(options, *split.value);
}

// What the configuration file says for itself.
Result<void> refuse_with_file(Options& options) {
    const std::tuple<bool, const char*, const char*> kept_apart[] = {
        {image(options).read_only, "-r", "readonly = true"},
        {image(options).shared, "--shared", "shared = true"},
        {!image(options).image_id.empty(), "--image-id", "image-id = ID"},
        {!options.config.state_directory.empty(), "--state-directory",
         "state-directory = DIRECTORY"}};
    for (const auto& [given, option, key] : kept_apart) {
        if (given) return fail("option", option, cat("not with -c: the file says ", key));
    }
    return {};
}

Result<void> take_words(Options& options, const std::vector<std::string>& words) {
    if (options.config_file) {
        if (!words.empty())
            return fail("argument", words[0], "not with -c: the file names the images");
        NBDROOT_CHECK(refuse_with_file(options));
        options.config = Config{};
        return {};
    }
    if (words.size() != 2) {
        return fail("arguments", "",
                    cat("[ADDRESS:]PORT and IMAGE are needed, got ", words.size(),
                        words.size() == 1 ? " word" : " words", "; --help shows the use"));
    }
    options.config.listen.push_back(NBDROOT_TRY(parse_endpoint(words[0])));
    name_after(words[1], image(options));
    return {};
}

}  // namespace

Result<Options> parse_options(std::span<const std::string> arguments) {
    Options options;
    options.config.exports.push_back({.name = "", .path = ""});
    std::vector<std::string> words;
    bool only_words = false;
    while (!arguments.empty()) {
        const std::string& argument = arguments.front();
        if (!only_words && argument.size() > 1 && argument.front() == '-' && argument != "--") {
            NBDROOT_CHECK(take_option(options, arguments));
            continue;
        }
        if (!only_words && argument == "--") {
            only_words = true;
        } else {
            words.push_back(argument);
        }
        arguments = arguments.subspan(1);
    }
    const bool serves = options.action == Action::serve || options.action == Action::check;
    if (serves) NBDROOT_CHECK(take_words(options, words));
    return options;
}

const char* usage_text() {
    return "nbd-rootserver serves disk images to diskless machines (NBD over TCP).\n"
           "\n"
           "usage: nbd-rootserver [OPTIONS] [ADDRESS:]PORT IMAGE\n"
           "       nbd-rootserver [OPTIONS] -c FILE\n"
           "\n"
           "  -r, --read-only         nobody may write to the image\n"
           "  -c, --config FILE       take addresses and exports from FILE, nbd-rootserver.ini(5)\n"
           "      --shared            any number of clients may write at the same time\n"
           "      --image-id ID       what tells this image from others, for servers with copies\n"
           "      --state-directory DIRECTORY\n"
           "                          remembers which boots were displaced; default\n"
           "                          /var/lib/nbd-rootserver, where that exists\n"
           "      --check             open everything, print what would be served, exit\n"
           "  -n, --foreground        stay in the foreground (this is the default)\n"
           "      --log-level LEVEL   error, warning, info (default) or debug\n"
           "  -h, --help              this text\n"
           "  -V, --version           the version\n"
           "\n"
           "nbd-rootserver 1234 rootfs.img serves rootfs.img, writable, on port 1234 of every\n"
           "address. Port 0 lets the kernel pick one; the log names it. SIGTERM and SIGINT stop "
           "the\n"
           "server after everything it has read is answered. Details: nbd-rootserver(8).\n";
}

}  // namespace nbdroot::server::config
