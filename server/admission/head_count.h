// How many live connections there are of each kind. Belongs to a loop.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>

namespace nbdroot::server::admission {

class HeadCount {
public:
    // Counts for as long as it lives; the count must live longer.
    class Hold {
    public:
        Hold() = default;
        Hold(HeadCount& count, std::string key) : count_(&count), key_(std::move(key)) {
            ++count_->counts_[key_];
        }
        Hold(Hold&& other) noexcept
            : count_(std::exchange(other.count_, nullptr)), key_(std::move(other.key_)) {}
        Hold& operator=(Hold&& other) noexcept {
            std::swap(count_, other.count_);
            std::swap(key_, other.key_);
            return *this;
        }
        ~Hold() {
            if (count_ != nullptr) count_->give_back(key_);
        }

    private:
        HeadCount* count_ = nullptr;
        std::string key_;
    };

    [[nodiscard]] Hold hold(std::string key) { return {*this, std::move(key)}; }
    [[nodiscard]] std::size_t count(const std::string& key) const {
        const auto place = counts_.find(key);
        return place == counts_.end() ? 0 : place->second;
    }
    // Kinds of which there are any.
    [[nodiscard]] std::size_t size() const { return counts_.size(); }

private:
    void give_back(const std::string& key) {
        const auto place = counts_.find(key);
        if (--place->second == 0) counts_.erase(place);
    }

    std::unordered_map<std::string, std::size_t> counts_;
};

}  // namespace nbdroot::server::admission
