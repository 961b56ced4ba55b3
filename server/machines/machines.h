// Every machine that has an overlay, or asks for one. Belongs to a loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/machines/arrival.h"
#include "server/machines/machine.h"
#include "server/machines/machine_view.h"
#include "server/machines/remains.h"
#include "server/machines/sequence.h"

namespace nbdroot::server::machines {

class Machines {
public:
    using World = machines::World;
    using Done = Machine::Done;
    using Found = std::function<void(Result<std::shared_ptr<Machine>>)>;

    explicit Machines(World world);

    // Where directories are kept that have ever had overlays (directories.h). Without it, which
    // there are is never known.
    void set_record(std::string path) { record_ = std::move(path); }

    // Reads the settings of all exports, and finds what there is in directories that it does not
    // know yet. At start, and when there may be new ones.
    void heed_exports();

    // The machine of ARRIVAL, with its door. FOUND is called now or later, with an Error if the
    // client cannot be let in; or never, if it has left.
    void receive(const Arrival& arrival, Found found);
    // Once it has come through that door: as Machine::open.
    void open(const std::shared_ptr<Machine>& machine, const Arrival& arrival,
              Machine::OpenDone done);

    // MACHINE of POLICY's export has a client.
    [[nodiscard]] bool is_connected(const admission::Policy& policy,
                                    const std::string& machine) const;
    // MACHINE, or the one without a name whose boot is BOOT_TOKEN; null: it is not known.
    [[nodiscard]] std::shared_ptr<const Machine> known(const admission::Policy& policy,
                                                       const std::string& machine,
                                                       const std::string& boot_token) const;
    // The image that a new boot of it would get, if that is another than the newest; else null.
    [[nodiscard]] std::shared_ptr<export_::Export> own_base(const admission::Policy& policy,
                                                            const std::string& machine) const;

    // Of machines whose overlays are open.
    [[nodiscard]] std::vector<std::shared_ptr<export_::Export>> targets() const;

    // For operators.
    // By export and machine.
    [[nodiscard]] std::vector<MachineView> views() const;
    // What a machine has written is given up at its next boot. Only of a persistent overlay; a
    // temporary one is fresh then anyway, which is an Error that says so. MACHINE is its name, or
    // the last part of its path, for one that has none. DONE is called now or later.
    void reset(const std::string& export_name, const std::string& machine, const Done& done);
    // What it has written is deleted. Refused while it is connected.
    void drop(const std::string& export_name, const std::string& machine, const Done& done);

    // The images on which overlays were begun: they cannot be had without. Of all exports, since
    // several may have one image, under names that change, and of those that there were. Nothing:
    // that is not known, since files have yet to be read, or some of them cannot be.
    [[nodiscard]] std::optional<std::set<std::string>> image_ids() const;

    // Ends what has lingered long enough.
    void look();

private:
    struct Search;

    [[nodiscard]] std::shared_ptr<Machine> at(const std::string& directory, const Owner& owner);
    [[nodiscard]] Result<std::shared_ptr<Machine>> named(const std::string& export_name,
                                                         const std::string& machine);
    [[nodiscard]] const Machine* find(const admission::Policy& policy,
                                      const std::string& machine) const;
    void remember(const Sequence::Over& over);
    void log_unknown(const Error& error) const;
    void find_files(const std::string& directory);
    void on_found(const Search& search);
    void take_in(const Search& search);
    [[nodiscard]] Result<void> may_be_made(const admission::Policy& policy,
                                           const Machine& machine) const;

    std::shared_ptr<Remains> remains_;
    World world_;
    std::map<std::string, std::shared_ptr<Machine>> machines_;  // by their stem
    std::string record_;
    std::optional<std::vector<std::string>> recorded_;  // with what is configured now
    Sequence records_;
    std::set<std::string> asked_;  // directories that are looked into
    std::set<std::string> known_;  // that were
    // Those that are looked into now, and the newcomers who wait for that.
    std::map<std::string, std::vector<std::function<void()>>> searches_;
    std::unique_ptr<io::Timer> next_look_;
};

}  // namespace nbdroot::server::machines
