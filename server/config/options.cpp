#include "server/config/options.h"

#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "server/config/option_table.h"
#include "server/config/overlay_keys.h"

namespace nbdroot::server::config {
namespace {

using Action = Options::Action;

struct Split {
    std::string name;
    std::optional<std::string> value;  // of "--name=value"
};

Split split_argument(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    if (!argument.starts_with("--") || equals == std::string::npos) return {argument, std::nullopt};
    return {argument.substr(0, equals), argument.substr(equals + 1)};
}

bool looks_like_option(std::string_view text) { return text.size() > 1 && text.front() == '-'; }

class CommandLine {
public:
    explicit CommandLine(std::span<const std::string> arguments) : rest_(arguments) {
        options_.config.exports.push_back({.name = "", .path = ""});
    }

    Result<Options> parse();

private:
    Result<void> take_option();
    Result<std::string> take_value(const Split& split);
    Result<void> take_words();
    Result<void> take_place(const std::string& word);
    Result<void> take_image(const std::string& path);
    [[nodiscard]] Failure miscounted() const;
    Result<void> settle_file();

    std::span<const std::string> rest_;
    Options options_;
    std::vector<std::string> words_;
    std::vector<std::pair<std::string, const Option*>> given_;  // as it was written
};

Result<std::string> CommandLine::take_value(const Split& split) {
    if (split.value) return *split.value;
    if (rest_.empty() || looks_like_option(rest_.front())) {
        const bool is_copy_on_write = split.name == "-c";
        return fail("option", split.name,
                    cat("needs a value", is_copy_on_write ? "; " : "",
                        is_copy_on_write ? kCopyOnWriteHint : ""));
    }
    std::string value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
}

Result<void> CommandLine::take_option() {
    const Split split = split_argument(rest_.front());
    rest_ = rest_.subspan(1);
    const Option* const option = find_option(split.name);
    if (option == nullptr) {
        const std::string_view reason = explain_foreign_option(split.name);
        return fail("option", base::printable(split.name),
                    reason.empty() ? "unknown; --help lists the options" : reason);
    }
    given_.emplace_back(split.name, option);
    if (!option->value_name.empty()) {
        return option->set(options_, NBDROOT_TRY(take_value(split)));
    }
    if (split.value) return fail("option", split.name, "takes no value");
    return option->set(options_, "");
}

// What a file says is not said beside it.
Result<void> CommandLine::settle_file() {
    if (!words_.empty()) {
        return fail("argument", base::printable(words_[0]),
                    cat("not with -c: the file names the images; ", kCopyOnWriteHint));
    }
    for (const auto& [name, option] : given_) {
        if (option->key.empty()) continue;
        return fail("option", name, cat("not with -c: the file says ", option->key));
    }
    const bool standard_input = options_.config.standard_input;
    options_.config = {.standard_input = standard_input};
    return {};
}

Failure CommandLine::miscounted() const {
    const std::size_t count = words_.size();
    return fail(
        "arguments", "",
        cat("[ADDRESS:]PORT and IMAGE are needed, got ", count, count == 1 ? " word" : " words",
            count == 3 ? "; the size of an image is its file's" : "", "; --help shows the use"));
}

// nbd-server writes ADDRESS@PORT too.
Result<void> CommandLine::take_place(const std::string& word) {
    const std::size_t at = word.find('@');
    Endpoint place;
    if (at == std::string::npos) {
        place = NBDROOT_TRY(parse_endpoint(word));
    } else {
        place.ip = NBDROOT_TRY(parse_address(word.substr(0, at)));
        place.port = NBDROOT_TRY(parse_port(word.substr(at + 1)));
    }
    auto& places = options_.config.listen;
    places.insert(places.begin(), std::move(place));
    return {};
}

Result<void> check_overlay(const ExportConfig& image) {
    const std::string_view contradiction = overlay_contradiction(image);
    if (contradiction.empty()) return {};
    return fail("option", "--overlay", contradiction);
}

Result<void> CommandLine::take_image(const std::string& path) {
    ExportConfig& image = options_.config.exports.front();
    name_after(path, image);
    if (image.allow && !image.allow_file.empty()) {
        return fail("option", "--allow-file", "not with --allow: say one");
    }
    if (path.find("%s") == std::string::npos) return check_overlay(image);
    NBDROOT_CHECK(check_pattern_path(path));
    image.pattern = AddressPattern{};
    image.name.clear();  // there is no image of that name
    NBDROOT_CHECK(check_overlay(image));
    if (image.image_id.empty()) return {};
    return fail("option", "--image-id", "with %s, each address has an image of its own");
}

Result<void> CommandLine::take_words() {
    const Config& config = options_.config;
    if (config.standard_input) {
        if (words_.size() == 1 && config.listen.empty() && config.unix_sockets.empty()) {
            return take_image(words_[0]);
        }
        return fail("option", "--stdio", "IMAGE alone is needed beside it, and no address");
    }
    const bool has_place = !config.listen.empty() || !config.unix_sockets.empty();
    if (words_.size() == 1 && has_place) return take_image(words_[0]);
    if (words_.size() != 2) return miscounted();
    NBDROOT_CHECK(take_place(words_[0]));
    return take_image(words_[1]);
}

Result<Options> CommandLine::parse() {
    bool only_words = false;
    while (!rest_.empty()) {
        const std::string& argument = rest_.front();
        if (!only_words && looks_like_option(argument) && argument != "--") {
            NBDROOT_CHECK(take_option());
            continue;
        }
        if (!only_words && argument == "--") {
            only_words = true;
        } else {
            words_.push_back(argument);
        }
        rest_ = rest_.subspan(1);
    }
    if (options_.action == Action::help || options_.action == Action::version) return options_;
    NBDROOT_CHECK(options_.config_file ? settle_file() : take_words());
    return options_;
}

}  // namespace

Result<Options> parse_options(std::span<const std::string> arguments) {
    return CommandLine(arguments).parse();
}

}  // namespace nbdroot::server::config
