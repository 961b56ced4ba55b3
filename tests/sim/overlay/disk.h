// A disk below a page cache, from which power can be taken at any instant.
//
// What was written and not synced survives SIGKILL whole, and a crash of the host page by page: of
// each page any of the contents that it had since it was synced, of names a number of the changes,
// in order.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "server/storage/overlay/store.h"
#include "tests/sim/random.h"

namespace nbdroot::sim {

using server::storage::overlay::Extent;
using server::storage::overlay::File;
using server::storage::overlay::Store;

struct Inode {
    Bytes bytes;  // as the page cache has them
    std::uint64_t synced_size = 0;
    // Of pages that are not synced: what they were like when they were, and each content since.
    using Versions = std::map<std::uint64_t, std::vector<Bytes>>;
    Versions versions;
    // Of pages whose sync has failed: Linux takes them for clean, and no later sync writes them.
    Versions lost;
};

class Disk {
public:
    using Names = std::array<std::shared_ptr<Inode>, 3>;  // by Store::Part

    explicit Disk(Random& random) : random_(random) {}

    // After that many changes the process is dead: the last one is half done, all later ones fail.
    void live_for(std::uint64_t changes) { changes_left_ = changes; }
    void live_on() { changes_left_.reset(); }
    [[nodiscard]] bool is_dead() const { return changes_left_ == 0U; }
    // One in so many changes fails, with the process alive; 0: none.
    void fail_one_in(std::uint64_t count) { fails_one_in_ = count; }
    // Faults so far.
    [[nodiscard]] std::uint64_t faults() const { return faults_; }
    // The next COUNT syncs call it, before or after they have synced.
    void during_next_syncs(unsigned count, std::function<void()> callback) {
        syncs_to_tell_ = count;
        during_sync_ = std::move(callback);
    }
    // Each write calls it, whenever half a page more is written.
    void during_writes(std::function<void()> callback) { during_write_ = std::move(callback); }

    void crash();

    [[nodiscard]] std::shared_ptr<Store> store();
    [[nodiscard]] const Names& names() const { return names_.back(); }

private:
    friend class SimFile;
    friend class SimStore;

    enum class Fate { works, fails, dies };
    [[nodiscard]] Fate change();
    [[nodiscard]] Result<void> change_whole();
    void tell_of_sync();
    void rename(Names names) { names_.push_back(std::move(names)); }
    void put_halves(Inode& inode, std::uint64_t page, std::uint64_t within, ByteView bytes);
    void put_page(Inode& inode, std::uint64_t page, std::uint64_t within, ByteView bytes);
    void crash(Inode& inode);
    void lose_pages(Inode& inode, const Inode::Versions& all);

    Random& random_;
    std::optional<std::uint64_t> changes_left_;
    std::uint64_t fails_one_in_ = 0;
    std::uint64_t faults_ = 0;
    // What follows a failed sync works: the overlay marks there that it is broken. Who is killed
    // before that leaves a lie that nobody can tell.
    bool spares_next_ = false;
    unsigned syncs_to_tell_ = 0;
    std::function<void()> during_sync_;
    std::function<void()> during_write_;
    std::vector<Names> names_{1};  // synced, and each state since
};

}  // namespace nbdroot::sim
