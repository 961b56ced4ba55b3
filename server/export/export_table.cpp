#include "server/export/export_table.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"

namespace nbdroot::server::export_ {
namespace {

using protocol::nbd::OptionReply;

// A reply's text is at most 4096 bytes on the wire; a person reads less.
constexpr std::size_t kMaximumExplanation = 1024;

// EXPORT/MACHINE is asked for.
bool names_machines(const ExportTable::Entry& entry) {
    const auto& overlay = entry.policy->overlay;
    return overlay && overlay->identity == config::MachineIdentity::export_suffix;
}

}  // namespace

void ExportTable::add(std::string name, std::shared_ptr<Export> target,
                      std::shared_ptr<const admission::Policy> policy) {
    if (!policy) policy = std::make_shared<admission::Policy>(admission::Policy{name});
    entries_.push_back(
        {.name = std::move(name), .target = std::move(target), .policy = std::move(policy)});
}

const ExportTable::Entry* ExportTable::entry(std::string_view name) const {
    const auto place = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& one) { return one.name == name; });
    return place == entries_.end() ? nullptr : &*place;
}

const ExportTable::Entry* ExportTable::named(std::string_view name) const {
    if (const Entry* const own = entry(name)) return own;
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
    if (by_default != nullptr && !names_machines(*by_default) && by_default->with_image(image_id)) {
        return by_default;
    }
    for (const Entry& entry : entries_) {
        if (names_machines(entry)) continue;
        if (entry.target && entry.target->image_id() == image_id) return &entry;
    }
    return nullptr;
}

// An export, and the machine whose own disk of it is meant.
struct ExportTable::Named {
    const Entry* entry = nullptr;  // null: there is none
    std::optional<std::string> machine{};
};

// At the longest name of an export, which may have slashes itself.
ExportTable::Named ExportTable::split(std::string_view name) const {
    if (const Entry* const own = named(name)) return {.entry = own};
    for (std::size_t slash = name.rfind('/'); slash != std::string_view::npos;
         slash = slash == 0 ? std::string_view::npos : name.rfind('/', slash - 1)) {
        const Entry* const entry = named(name.substr(0, slash));
        if (entry == nullptr || !names_machines(*entry)) continue;
        return {.entry = entry, .machine = std::string(name.substr(slash + 1))};
    }
    return {};
}

void ExportTable::keep_former(std::string_view name, const std::shared_ptr<Export>& former) {
    for (Entry& entry : entries_) {
        if (entry.name != name) continue;
        entry.former.insert(entry.former.begin(), former);
    }
}

void ExportTable::forget_former(const std::function<bool(const Entry&, const Export&)>& is_over) {
    for (Entry& entry : entries_) {
        std::vector<std::shared_ptr<Export>> left;
        for (const auto& one : entry.former) {
            if (!is_over(entry, *one)) left.push_back(one);
        }
        entry.former = std::move(left);
    }
}

std::shared_ptr<Export> ExportTable::replace_target(std::string_view name,
                                                    std::shared_ptr<Export> next) {
    for (Entry& entry : entries_) {
        if (entry.name == name) return std::exchange(entry.target, std::move(next));
    }
    return nullptr;
}

tl::expected<ExportTable::Found, ExportTable::Refused> ExportTable::find(
    std::string_view name, const Address& address) const {
    if (const Entry* const entry = named(name)) {
        return Found{.target = entry->target, .policy = entry->policy, .export_name = entry->name};
    }
    auto wanted = protocol::nbd::parse_canonical_name(name);
    Named found = wanted ? split(wanted->export_name) : Named{};
    if (wanted && found.entry == nullptr) found.entry = serving(wanted->image_id);
    if (found.entry != nullptr) return returning(std::move(*wanted), std::move(found));
    found = split(name);
    if (found.entry == nullptr) {
        return tl::unexpected(Refused{OptionReply::error_unknown, explain_unknown(name, address)});
    }
    return Found{.target = found.entry->target,
                 .policy = found.entry->policy,
                 .export_name = cat(found.entry->name, '/', *found.machine),
                 .machine = std::move(found.machine)};
}

tl::expected<ExportTable::Found, ExportTable::Refused> ExportTable::returning(
    protocol::nbd::CanonicalName wanted, Named found) {
    const Entry& entry = *found.entry;
    auto target = entry.target ? entry.with_image(wanted.image_id) : nullptr;
    if (entry.target && !target) {
        return tl::unexpected(
            refuse_replaced(wanted.export_name, entry.target->image_id(), wanted.image_id));
    }
    return Found{.target = std::move(target),
                 .policy = entry.policy,
                 .boot_token = std::move(wanted.boot_token),
                 .export_name = std::move(wanted.export_name),
                 .wanted_image_id = entry.target ? "" : std::move(wanted.image_id),
                 .machine = std::move(found.machine)};
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
