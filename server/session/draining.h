// What takes no new clients for now, by order of the operator.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace nbdroot::server::session {

// Exports are known by their configured names: a reload changes nothing here.
class Draining {
public:
    void begin_all() { all_ = true; }
    void begin(std::string export_name) { names_.insert(std::move(export_name)); }
    // Of everything, whatever was begun.
    void end_all() {
        all_ = false;
        names_.clear();
    }
    // False: it was not begun for this name.
    bool end(const std::string& export_name) { return names_.erase(export_name) > 0; }

    [[nodiscard]] bool all() const { return all_; }
    [[nodiscard]] bool covers(const std::string& export_name) const {
        return all_ || names_.contains(export_name);
    }

private:
    bool all_ = false;
    std::set<std::string> names_;
};

}  // namespace nbdroot::server::session
