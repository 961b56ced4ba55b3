// A log is a level and a place to write lines to; it is passed down, never global.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

namespace nbdroot::base {

enum class Level { error, warning, info, debug };

class Log {
public:
    // One line without newline. The sink adds program name, time and priority as its place wants.
    using Sink = std::function<void(Level, std::string_view line)>;

    Log(Level threshold, Sink sink) : threshold_(threshold), sink_(std::move(sink)) {}

    void error(std::string_view line) const { write(Level::error, line); }
    void warning(std::string_view line) const { write(Level::warning, line); }
    void info(std::string_view line) const { write(Level::info, line); }
    void debug(std::string_view line) const { write(Level::debug, line); }

    void write(Level level, std::string_view line) const {
        if (shows(level)) sink_(level, line);
    }

    [[nodiscard]] bool shows(Level level) const { return level <= threshold_; }
    [[nodiscard]] Level threshold() const { return threshold_; }
    void set_threshold(Level threshold) { threshold_ = threshold; }

private:
    Level threshold_;
    Sink sink_;
};

}  // namespace nbdroot::base

namespace nbdroot {
using base::Level;
using base::Log;
}  // namespace nbdroot
