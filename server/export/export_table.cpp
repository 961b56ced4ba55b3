#include "server/export/export_table.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"

namespace nbdroot::server::export_ {
namespace {

// A reply's text is at most 4096 bytes on the wire; a person reads less.
constexpr std::size_t kMaximumExplanation = 1024;

}  // namespace

void ExportTable::add(std::string name, std::shared_ptr<Export> target) {
    names_.push_back(std::move(name));
    exports_.push_back(std::move(target));
}

std::shared_ptr<Export> ExportTable::named(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (names_[i] == name) return exports_[i];
    }
    return name.empty() ? default_ : nullptr;
}

tl::expected<ExportTable::Found, ExportTable::Refused> ExportTable::find(
    std::string_view name) const {
    using protocol::nbd::OptionReply;
    if (auto target = named(name)) {
        std::string own_name = target->name();
        return Found{
            .target = std::move(target), .boot_token = "", .export_name = std::move(own_name)};
    }
    auto wanted = protocol::nbd::parse_canonical_name(name);
    auto target = wanted ? named(wanted->export_name) : nullptr;
    if (wanted && !target && default_ && default_->image_id() == wanted->image_id) {
        target = default_;
    }
    if (!target) return tl::unexpected(Refused{OptionReply::error_unknown, explain_unknown(name)});
    if (target->image_id() == wanted->image_id) {
        return Found{.target = std::move(target),
                     .boot_token = std::move(wanted->boot_token),
                     .export_name = std::move(wanted->export_name)};
    }
    return tl::unexpected(
        Refused{OptionReply::error_policy,
                cat("export '", base::printable(wanted->export_name), "' is image ",
                    target->image_id(), " here, this boot began on image ", wanted->image_id,
                    ": it was replaced, boot anew to use it")});
}

std::string ExportTable::explain_unknown(std::string_view name) const {
    std::string text = cat("unknown export '", base::printable(name), "'; this server has: ");
    std::string_view separator;
    for (const std::string& known : names_) {
        if (text.size() + known.size() > kMaximumExplanation) return text + ", …";
        text += cat(separator, known);
        separator = ", ";
    }
    return text;
}

}  // namespace nbdroot::server::export_
