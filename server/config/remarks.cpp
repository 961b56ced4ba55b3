#include "server/config/remarks.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::config {

Remarks::Remarks(const std::string& file) : file_(base::printable(file)) {}

void Remarks::complain(int line, std::string text) {
    complaints_.push_back({line, std::move(text)});
}

void Remarks::note(int line, std::string_view text) {
    notes_.push_back({line, cat("note: ", text)});
}

std::string Remarks::origin(int line) const { return cat(file_, ':', line, ": "); }

void Remarks::move(std::vector<Remark>& from, const std::string& file,
                   std::vector<std::string>& to) {
    std::stable_sort(from.begin(), from.end(),
                     [](const Remark& a, const Remark& b) { return a.line < b.line; });
    for (const Remark& remark : std::exchange(from, {})) {
        to.push_back(cat(file, ':', remark.line, ": ", remark.text));
    }
}

void Remarks::move_to(ParsedConfig& result) {
    move(complaints_, file_, result.complaints);
    move(notes_, file_, result.notes);
}

}  // namespace nbdroot::server::config
