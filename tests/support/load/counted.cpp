#include "tests/support/load/counted.h"

#include <unistd.h>

#include <algorithm>

#include "lib/base/json.h"

namespace nbdroot::load {
namespace {

using Number = std::atomic<std::uint64_t> Counts::*;

std::uint64_t sum(const Workers& workers, Number number) {
    std::uint64_t total = 0;
    for (const auto& worker : workers) total += worker->counts().*number;
    return total;
}

std::int64_t longest_ms(const Workers& workers) {
    std::int64_t longest = 0;
    for (const auto& worker : workers) {
        const std::int64_t began = worker->counts().began_ms;
        const std::int64_t running = began == 0 ? 0 : now_ms() - began;
        longest = std::max({longest, worker->counts().longest_ms.load(), running});
    }
    return longest;
}

}  // namespace

void print_counts(std::string_view name, const Workers& writers, const Workers& readers) {
    base::JsonWriter json;
    json.begin_object();
    json.member("event", name);
    json.key("files");
    json.begin_array();
    for (const auto& writer : writers) json.value(writer->counts().done.load());
    json.end_array();
    json.member("reads", sum(readers, &Counts::done));
    json.member("write_errors", sum(writers, &Counts::errors));
    json.member("read_errors", sum(readers, &Counts::errors));
    json.member("bad_reads", sum(readers, &Counts::bad));
    json.member("longest_write_ms", longest_ms(writers));
    json.member("longest_read_ms", longest_ms(readers));
    json.end_object();
    print_line(json.text());
}

void print_line(std::string text) {
    text += '\n';
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written <= 0) return;  // nobody listens
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace nbdroot::load
