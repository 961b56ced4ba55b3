// Which export a client gets for the name it asks for.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/export/export.h"

namespace nbdroot::server::export_ {

class ExportTable {
public:
    // Names are unique; the caller has checked.
    void add(std::string name, std::shared_ptr<Export> target);
    // The export for clients that ask for no name. It is not listed a second time.
    void set_default(std::shared_ptr<Export> target) { default_ = std::move(target); }

    // Null where there is none. The empty name is the default export.
    [[nodiscard]] std::shared_ptr<Export> find(std::string_view name) const;
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    // Each export once.
    [[nodiscard]] const std::vector<std::shared_ptr<Export>>& exports() const { return exports_; }

    // "unknown export 'x'; this server has: a, b"
    [[nodiscard]] std::string explain_unknown(std::string_view name) const;

private:
    std::vector<std::string> names_;
    std::vector<std::shared_ptr<Export>> exports_;  // same order
    std::shared_ptr<Export> default_;
};

}  // namespace nbdroot::server::export_
