// Which export a client gets for the name it asks for.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/protocol/nbd/constants.h"
#include "server/export/export.h"

namespace nbdroot::server::export_ {

class ExportTable {
public:
    // Names are unique; the caller has checked.
    void add(std::string name, std::shared_ptr<Export> target);
    // The export for clients that ask for no name. It is not listed a second time.
    void set_default(std::shared_ptr<Export> target) { default_ = std::move(target); }

    struct Found {
        std::shared_ptr<Export> target;
        std::string boot_token;  // of a canonical name; empty: the boot begins
        // What its canonical name calls the export: of a boot that comes back, what it said.
        std::string export_name;
    };
    struct Refused {
        protocol::nbd::OptionReply kind;
        std::string text;
    };
    // NAME is an export's own, or the canonical name of a boot that comes back; an export that is
    // called so comes first. The empty name is the default export; so is a boot's name that is
    // not known here, if its image is the default one: a copy may be a file of another name.
    [[nodiscard]] tl::expected<Found, Refused> find(std::string_view name) const;
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    // Each export once.
    [[nodiscard]] const std::vector<std::shared_ptr<Export>>& exports() const { return exports_; }

private:
    [[nodiscard]] std::shared_ptr<Export> named(std::string_view name) const;
    // "unknown export 'x'; this server has: a, b"
    [[nodiscard]] std::string explain_unknown(std::string_view name) const;

    std::vector<std::string> names_;
    std::vector<std::shared_ptr<Export>> exports_;  // same order
    std::shared_ptr<Export> default_;
};

}  // namespace nbdroot::server::export_
