#include "server/service/subject.h"

#include <utility>

#include "lib/base/text.h"
#include "server/machines/machine_name.h"

namespace nbdroot::server::service {
namespace {

using admission::Refusal;

std::string quoted(const std::string& export_name) {
    return cat("export '", base::printable(export_name), "'");
}

tl::expected<void, Unfit> check_present(const Subject& subject) {
    if (subject.is_present_boot || subject.boot_token.empty()) return {};
    return tl::unexpected(
        Unfit{.why = Refusal::in_use,
              .text = cat(quoted(subject.export_name()), ": another boot has it now")});
}

tl::expected<void, Unfit> settle_boot(Subject& subject) {
    if (!subject.target->one_writer()) return {};
    subject.is_present_boot = subject.target->door(subject.boot_token)->is_of(subject.boot_token);
    return check_present(subject);
}

tl::expected<void, Unfit> settle_machine(Subject& subject, const machines::Machines* machines,
                                         const machines::Asker& asker) {
    auto name = machines::machine_of(asker, *subject.policy->overlay, subject.export_name());
    if (!name) {
        return tl::unexpected(
            Unfit{.why = Refusal::machine,
                  .text = cat(quoted(subject.export_name()), ": ", name.error().reason)});
    }
    subject.machine = std::move(*name);
    subject.is_present_boot = false;
    const auto machine =
        machines == nullptr ? nullptr
                            : machines->known(*subject.policy, subject.machine, subject.boot_token);
    if (!machine || !machine->door()) return {};  // not connected since the server began
    subject.is_present_boot = machine->door()->is_of(subject.boot_token);
    auto present = check_present(subject);
    if (!present) return present;
    subject.is_present_boot = subject.is_present_boot && machine->target();
    if (subject.is_present_boot) subject.target = machine->target();
    return {};
}

}  // namespace

tl::expected<Subject, Unfit> find_subject(const export_::ExportTable& exports,
                                          const machines::Machines* machines, std::string_view name,
                                          const export_::ExportTable::Address& from) {
    auto found = exports.find(name, from);
    if (!found) {
        const bool unknown = found.error().kind == protocol::nbd::OptionReply::error_unknown;
        return tl::unexpected(
            Unfit{.why = unknown ? Refusal::unknown_export : Refusal::image_replaced,
                  .text = std::move(found.error().text)});
    }
    const auto& policy = *found->policy;
    if (!admission::admits(policy, from)) {
        return tl::unexpected(
            Unfit{.why = Refusal::not_allowed,
                  .text = cat(quoted(policy.export_name), " is not for clients from ",
                              from ? config::to_text(*from) : "unix")});
    }
    if (!found->target) {
        return tl::unexpected(Unfit{.why = Refusal::no_image,
                                    .text = cat(quoted(policy.export_name),
                                                " has an image for each address: no commands")});
    }
    Subject subject{
        .policy = found->policy, .target = found->target, .boot_token = found->boot_token};
    auto settled = policy.overlay ? settle_machine(subject, machines, {found->machine, from})
                                  : settle_boot(subject);
    if (!settled) return tl::unexpected(std::move(settled.error()));
    return subject;
}

}  // namespace nbdroot::server::service
