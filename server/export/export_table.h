// Which export a client gets for the name it asks for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/protocol/nbd/canonical_name.h"
#include "lib/protocol/nbd/constants.h"
#include "server/admission/policy.h"
#include "server/export/export.h"

namespace nbdroot::server::export_ {

class ExportTable {
public:
    using Address = std::optional<config::HostAddress>;  // none: no client of the network

    struct Entry {
        std::string name;
        // Null where each client has an image of its own (policy->pattern).
        std::shared_ptr<Export> target;
        std::shared_ptr<const admission::Policy> policy;  // never null
        // What it was before it was replaced, the last first: for boots that began on it.
        std::vector<std::shared_ptr<Export>> former{};

        // Null: it has nothing to do with that image.
        [[nodiscard]] std::shared_ptr<Export> with_image(std::string_view image_id) const;
    };

    // Names are unique; the caller has checked. Without POLICY: for everybody.
    void add(std::string name, std::shared_ptr<Export> target,
             std::shared_ptr<const admission::Policy> policy = nullptr);
    // The entry NAME, added before, is also for clients that ask for no name. It is not listed a
    // second time.
    void set_default(std::string_view name) { default_name_ = name; }

    // Whether clients may see names that they have not said.
    void set_listed(bool listed) { listed_ = listed; }
    [[nodiscard]] bool are_listed() const { return listed_; }

    // Before those that it had; how many is the caller's matter (promote/formers.h).
    void keep_former(std::string_view name, const std::shared_ptr<Export>& former);
    void forget_former(const std::function<bool(const Entry&, const Export&)>& is_over);
    // What it was before. There is an entry of that name, and it has an image.
    std::shared_ptr<Export> replace_target(std::string_view name, std::shared_ptr<Export> next);

    struct Found {
        std::shared_ptr<Export> target;  // null: see Entry
        std::shared_ptr<const admission::Policy> policy{};
        std::string boot_token{};  // of a canonical name; empty: the boot begins
        // What its canonical name calls the export: of a boot that comes back, what it said.
        std::string export_name{};
        std::string wanted_image_id{};  // of a canonical name whose image has yet to be found
        std::optional<std::string> machine{};  // that the name ends with, where each has an overlay
    };
    struct Refused {
        protocol::nbd::OptionReply kind;
        std::string text;
    };
    // NAME is an export's own, or the canonical name of a boot that comes back, or EXPORT/MACHINE;
    // an export that is called so comes first. The empty name is the default export. A boot's name
    // that is not known here is the export of its image, the default one before others: a copy may
    // be a file of another name. Whether a client at ADDRESS may use what is found is its policy's
    // matter; the text for a name that is unknown names only what that client may use.
    [[nodiscard]] tl::expected<Found, Refused> find(std::string_view name,
                                                    const Address& address = {}) const;

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    // By its own name; null: there is none.
    [[nodiscard]] const Entry* entry(std::string_view name) const;
    // Of those that a client at ADDRESS may use.
    [[nodiscard]] std::vector<std::string> names(const Address& address = {}) const;

private:
    [[nodiscard]] const Entry* named(std::string_view name) const;
    struct Named;
    [[nodiscard]] Named split(std::string_view name) const;
    [[nodiscard]] static tl::expected<Found, Refused> returning(protocol::nbd::CanonicalName wanted,
                                                                Named found);
    [[nodiscard]] const Entry* serving(std::string_view image_id) const;
    // "unknown export 'x'; this server has: a, b"
    [[nodiscard]] std::string explain_unknown(std::string_view name, const Address& address) const;

    std::vector<Entry> entries_;
    std::optional<std::string> default_name_;
    bool listed_ = true;
};

// The image of a boot that comes back is not what the export has now.
[[nodiscard]] ExportTable::Refused refuse_replaced(std::string_view export_name,
                                                   std::string_view own_id,
                                                   std::string_view wanted_id);

}  // namespace nbdroot::server::export_
