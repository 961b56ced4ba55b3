// What a service connection is about: an export as one boot has it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/admission/policy.h"
#include "server/admission/refusal.h"
#include "server/export/export_table.h"
#include "server/machines/machines.h"

namespace nbdroot::server::service {

struct Subject {
    std::shared_ptr<const admission::Policy> policy;
    std::shared_ptr<export_::Export> target;
    std::string machine{};     // empty: it is not known by one
    std::string boot_token{};  // empty: the asker has none
    // Where there is one writer at a time, the asker is that, and TARGET is what it writes. Else
    // TARGET is the export's image.
    bool is_present_boot = true;

    [[nodiscard]] const std::string& export_name() const { return policy->export_name; }
};

struct Unfit {
    admission::Refusal why;
    std::string text;  // for the asker
};

// Without side effects: no boot begins, nobody is fenced, nothing is opened. NAME is looked up each
// time: what it stands for may have changed since.
// Without MACHINES nobody has an overlay.
[[nodiscard]] tl::expected<Subject, Unfit> find_subject(const export_::ExportTable& exports,
                                                        const machines::Machines* machines,
                                                        std::string_view name,
                                                        const export_::ExportTable::Address& from);

}  // namespace nbdroot::server::service
