// What an admitted client holds of its export for as long as its connection lasts: its place in the
// counts, and that of its boot.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <utility>

#include "server/admission/head_count.h"

namespace nbdroot::server::admission {

class Stay {
public:
    // How to end the connections of boots, by export and boot token.
    struct Boot {
        const Stay* stay;
        std::function<void(const std::string& reason)> end;
    };
    using Boots = std::unordered_map<std::string, Boot>;

    Stay(HeadCount::Hold of_export, HeadCount::Hold of_address)
        : of_export_(std::move(of_export)), of_address_(std::move(of_address)) {}
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    // NOLINTNEXTLINE(bugprone-exception-escape): only where memory is out
    ~Stay() {
        if (boots_ != nullptr) leave_boots();
    }

    // It is the boot KEY, for as long as no newer one says so.
    void set_boot(Boots& boots, std::string key, std::function<void(const std::string&)> end) {
        boots_ = &boots;
        key_ = std::move(key);
        boots.insert_or_assign(key_, Boot{.stay = this, .end = std::move(end)});
    }

private:
    void leave_boots() {
        const auto place = boots_->find(key_);
        if (place != boots_->end() && place->second.stay == this) boots_->erase(place);
    }

    HeadCount::Hold of_export_;
    HeadCount::Hold of_address_;
    Boots* boots_ = nullptr;
    std::string key_;
};

}  // namespace nbdroot::server::admission
