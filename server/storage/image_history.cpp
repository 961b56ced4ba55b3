#include "server/storage/image_history.h"

namespace nbdroot::server::storage {

std::vector<ImageHistory::News> ImageHistory::on_look(const Look& look) {
    std::vector<News> news;
    if (const auto size = size_news(look)) news.push_back(*size);
    const bool modified = !look.we_write && look.file.modified_ns != last_.file.modified_ns;
    if (modified && !being_modified_ && news.empty()) news.push_back(News::modified);
    if (const auto place = place_news(look)) news.push_back(*place);
    being_modified_ = modified;
    last_ = look;
    return news;
}

std::optional<ImageHistory::News> ImageHistory::size_news(const Look& look) const {
    const std::uint64_t size = look.file.size_bytes;
    if (size == last_.file.size_bytes) return std::nullopt;
    if (size == opened_.size_bytes) return News::restored;
    return size < opened_.size_bytes ? News::shrunk : News::grown;
}

std::optional<ImageHistory::News> ImageHistory::place_news(const Look& look) const {
    const Place place = place_of(look);
    const bool another = place == Place::elsewhere && !look.path->same_file(*last_.path);
    if (place == place_of(last_) && !another) return std::nullopt;
    switch (place) {
        case Place::here:
            return News::back;
        case Place::elsewhere:
            return News::replaced;
        case Place::nowhere:
            break;
    }
    return News::removed;
}

ImageHistory::Place ImageHistory::place_of(const Look& look) const {
    if (!look.path) return Place::nowhere;
    return look.path->same_file(opened_) ? Place::here : Place::elsewhere;
}

}  // namespace nbdroot::server::storage
