// A queue for several parties: each in its turn, in its own order, however much one of them has.
#pragma once

#include <deque>
#include <unordered_map>
#include <utility>

namespace nbdroot::server::storage {

template <class Item>
class Turns {
public:
    // PARTY is only compared.
    void push(const void* party, Item item) {
        auto& queue = queues_[party];
        queue.push_back(std::move(item));
        if (queue.size() > 1) return;
        try {
            order_.push_back(party);
        } catch (...) {
            queues_.erase(party);
            throw;
        }
    }

    [[nodiscard]] bool empty() const { return order_.empty(); }

    // Not from an empty queue.
    [[nodiscard]] Item pop() {
        const void* const party = order_.front();
        auto& queue = queues_.at(party);
        Item item = std::move(queue.front());
        queue.pop_front();
        if (queue.empty()) {
            queues_.erase(party);
        } else {
            order_.push_back(party);
        }
        order_.pop_front();
        return item;
    }

private:
    std::unordered_map<const void*, std::deque<Item>> queues_;
    std::deque<const void*> order_;  // the first one is next
};

}  // namespace nbdroot::server::storage
