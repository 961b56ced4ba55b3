// The files of an overlay in a directory: NAME.data, NAME.map, and NAME.map.new while it is made.
#pragma once

#include <string>

#include "server/storage/overlay/store.h"

namespace nbdroot::server::storage::overlay {

class FileStore final : public Store {
public:
    enum class Use {
        serve,  // to read and write it
        copy,   // to read it; nobody is to write it meanwhile
        look    // to read it; others may come and write
    };

    // PATH without the endings. Whoever does not serve it can make and remove nothing.
    explicit FileStore(std::string path, Use use = Use::serve);

    // The data file is locked, but by whoever only looks: somebody else's lock is an Error with
    // EBUSY to them too.
    Result<std::shared_ptr<File>> open(Part part) override;
    Result<std::shared_ptr<File>> create(Part part) override;
    Result<void> remove(Part part) override;
    Result<void> replace_map() override;
    Result<void> sync_names() override;

    [[nodiscard]] std::string path_of(Part part) const;

private:
    [[nodiscard]] Result<void> check_serves(Part part) const;

    std::string path_;
    std::string directory_;
    Use use_;
};

}  // namespace nbdroot::server::storage::overlay
