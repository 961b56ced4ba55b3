#include "server/image_watch.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server {
namespace {

using storage::ImageHistory;
using News = ImageHistory::News;

std::string count_of(std::size_t clients) {
    return clients == 0 ? "no client" : clients == 1 ? "1 client" : cat(clients, " clients");
}

// On a worker. Nothing: it cannot be seen now, which is no news.
std::optional<ImageHistory::Look> look_at(const storage::Image& image, const std::string& name) {
    auto file = image.stamp();
    if (!file) return std::nullopt;
    ImageHistory::Look look{.file = *file};
    auto path = sys::stamp_at(name);
    if (!path && path.error().code != ENOENT) return std::nullopt;
    if (path) look.path = *path;
    return look;
}

Level level_of(News news) {
    const bool harmless = news == News::back || news == News::replaced || news == News::grown;
    return harmless ? Level::info : Level::error;
}

}  // namespace

struct ImageWatch::Looks {
    std::vector<std::shared_ptr<Export>> targets;
    std::vector<std::string> paths;                        // same order
    std::vector<std::optional<ImageHistory::Look>> looks;  // same order

    [[nodiscard]] bool are_written(const sys::FileStamp& file) const {
        return std::any_of(targets.begin(), targets.end(), [&](const auto& one) {
            return one->image().access() == storage::Access::writable &&
                   one->image().opened_as().same_file(file);
        });
    }
};

ImageWatch::ImageWatch(io::Loop& loop, storage::WorkerPool& pool, const Log& log, Sources sources)
    : loop_(loop),
      pool_(pool),
      log_(log),
      sources_(std::move(sources)),
      next_look_(loop.timer([this] { look(); })) {
    next_look_->arm(loop_.now() + kInterval);
}

// The next one begins when this one is done: a file system that hangs holds up one worker.
void ImageWatch::look() {
    auto looks =
        std::make_shared<Looks>(Looks{.targets = sources_.exports(), .paths = {}, .looks = {}});
    for (const auto& target : looks->targets) looks->paths.push_back(path_of(*target));
    pool_.submit({.work =
                      [looks] {
                          for (std::size_t i = 0; i < looks->targets.size(); ++i) {
                              looks->looks.push_back(
                                  look_at(looks->targets[i]->image(), looks->paths[i]));
                          }
                      },
                  .done =
                      [this, looks, moves = moves_] {
                          if (moves == moves_ && moves % 2 == 0) on_looks(*looks);
                          next_look_->arm(loop_.now() + kInterval);
                      },
                  .pace = storage::WorkerPool::Pace::slow});
}

void ImageWatch::on_looks(const Looks& looks) {
    std::erase_if(known_, [](const auto& one) { return one.second.target.expired(); });
    for (std::size_t i = 0; i < looks.looks.size(); ++i) {
        if (!looks.looks[i]) continue;
        const auto& target = looks.targets[i];
        ImageHistory::Look look = *looks.looks[i];
        look.we_write = looks.are_written(look.file);
        for (const News news : history_of(target).on_look(look)) {
            log_.write(level_of(news),
                       describe(news, *target, look.file.size_bytes, sources_.clients(*target)));
        }
    }
}

std::string ImageWatch::path_of(const Export& target) const {
    const sys::FileStamp& file = target.image().opened_as();
    const auto moved = paths_.find({file.device, file.inode});
    return moved == paths_.end() ? target.image().path() : moved->second;
}

void ImageWatch::on_moved(const sys::FileStamp& file, const std::string& path) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> alive;
    for (const auto& target : sources_.exports()) {
        alive.emplace(target->image().opened_as().device, target->image().opened_as().inode);
    }
    std::erase_if(paths_, [&](const auto& one) { return !alive.contains(one.first); });
    paths_.insert_or_assign({file.device, file.inode}, path);
}

ImageHistory& ImageWatch::history_of(const std::shared_ptr<Export>& target) {
    return known_
        .try_emplace(target.get(),
                     Known{.target = target, .history = ImageHistory(target->image().opened_as())})
        .first->second.history;
}

std::string describe(News news, const export_::Export& target, std::uint64_t size_bytes,
                     std::size_t clients) {
    const storage::Image& image = target.image();
    const std::string who = count_of(clients);
    const std::string what = cat("export '", base::printable(target.name()), "': ", image.path());
    const std::string told = base::human_size(image.size_bytes());
    switch (news) {
        case News::shrunk:
            return cat(what, " was truncated from ", told, " to ", base::human_size(size_bytes),
                       " under ", who, "; reads and writes of what is gone are answered as errors");
        case News::grown:
            return cat(what, " has grown from ", told, " to ", base::human_size(size_bytes),
                       " under ", who, "; it is served with the size that it had, until a reload");
        case News::restored:
            return cat(what, " has its ", told, " again, under ", who,
                       ", perhaps with other contents; whoever has used it should boot anew");
        case News::modified:
            return cat(what, " was modified in place under ", who,
                       ", though it is served read-only; whoever has used it should boot anew. "
                       "Replace an image by renaming a new file over it");
        case News::replaced:
            return cat(what, " was replaced by another file; ", who,
                       " and newcomers use the old one, until a reload gives newcomers the new");
        case News::removed:
            return cat(what, " was removed under ", who,
                       "; it is served on, and lost when this server ends");
        case News::back:
            break;
    }
    return cat(what, " is in its place again");
}

}  // namespace nbdroot::server
