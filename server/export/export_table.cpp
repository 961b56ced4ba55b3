#include "server/export/export_table.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"

namespace nbdroot::server::export_ {
namespace {

using protocol::nbd::OptionReply;

// A reply's text is at most 4096 bytes on the wire; a person reads less.
constexpr std::size_t kMaximumExplanation = 1024;

}  // namespace

void ExportTable::add(std::string name, std::shared_ptr<Export> target,
                      std::shared_ptr<const admission::Policy> policy) {
    if (!policy) policy = std::make_shared<admission::Policy>(admission::Policy{name});
    entries_.push_back(
        {.name = std::move(name), .target = std::move(target), .policy = std::move(policy)});
}

const ExportTable::Entry* ExportTable::named(std::string_view name) const {
    for (const Entry& entry : entries_) {
        if (entry.name == name) return &entry;
    }
    return name.empty() && default_name_ && !default_name_->empty() ? named(*default_name_)
                                                                    : nullptr;
}

std::shared_ptr<Export> ExportTable::Entry::with_image(std::string_view image_id) const {
    if (target && target->image_id() == image_id) return target;
    for (const auto& one : former) {
        if (one->image_id() == image_id) return one;
    }
    return nullptr;
}

const ExportTable::Entry* ExportTable::serving(std::string_view image_id) const {
    const Entry* const by_default = named("");
    if (by_default != nullptr && by_default->with_image(image_id)) return by_default;
    for (const Entry& entry : entries_) {
        if (entry.target && entry.target->image_id() == image_id) return &entry;
    }
    return nullptr;
}

void ExportTable::keep_former(std::string_view name, const std::shared_ptr<Export>& former) {
    for (Entry& entry : entries_) {
        if (entry.name != name) continue;
        entry.former.insert(entry.former.begin(), former);
        if (entry.former.size() > kMaximumFormer) entry.former.pop_back();
    }
}

void ExportTable::forget_former(const std::function<bool(const Export&)>& is_over) {
    for (Entry& entry : entries_) {
        std::erase_if(entry.former, [&](const auto& one) { return is_over(*one); });
    }
}

tl::expected<ExportTable::Found, ExportTable::Refused> ExportTable::find(
    std::string_view name, const Address& address) const {
    if (const Entry* const entry = named(name)) {
        return Found{.target = entry->target, .policy = entry->policy, .export_name = entry->name};
    }
    auto wanted = protocol::nbd::parse_canonical_name(name);
    const Entry* entry = wanted ? named(wanted->export_name) : nullptr;
    if (wanted && entry == nullptr) entry = serving(wanted->image_id);
    if (entry == nullptr) {
        return tl::unexpected(Refused{OptionReply::error_unknown, explain_unknown(name, address)});
    }
    auto target = entry->target ? entry->with_image(wanted->image_id) : nullptr;
    if (entry->target && !target) {
        return tl::unexpected(
            refuse_replaced(wanted->export_name, entry->target->image_id(), wanted->image_id));
    }
    return Found{.target = std::move(target),
                 .policy = entry->policy,
                 .boot_token = std::move(wanted->boot_token),
                 .export_name = std::move(wanted->export_name),
                 .wanted_image_id = entry->target ? "" : std::move(wanted->image_id)};
}

std::vector<std::string> ExportTable::names(const Address& address) const {
    std::vector<std::string> names;
    for (const Entry& entry : entries_) {
        if (admission::admits(*entry.policy, address)) names.push_back(entry.name);
    }
    return names;
}

std::string ExportTable::explain_unknown(std::string_view name, const Address& address) const {
    std::string text = cat("unknown export '", base::printable(name), "'");
    if (!listed_) return text;
    text += "; this server has: ";
    std::string_view separator;
    for (const std::string& known : names(address)) {
        if (text.size() + known.size() > kMaximumExplanation) return text + ", …";
        text += cat(separator, known);
        separator = ", ";
    }
    return text;
}

ExportTable::Refused refuse_replaced(std::string_view export_name, std::string_view own_id,
                                     std::string_view wanted_id) {
    return {OptionReply::error_policy, cat("export '", base::printable(export_name), "' is image ",
                                           own_id, " here, this boot began on image ", wanted_id,
                                           ": it was replaced, boot anew to use it")};
}

}  // namespace nbdroot::server::export_
