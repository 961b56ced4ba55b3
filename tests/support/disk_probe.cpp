// usage: disk_probe IMAGE
// What the agent sees on a disk, one JSON object: the file system that fills it, or null, and its
// partitions. Exit 0; 1: it cannot be read.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "agent/disk/partition_table.h"
#include "agent/disk/superblock.h"
#include "lib/base/json.h"

namespace {

using namespace nbdroot;
using agent::disk::Partition;
using agent::disk::Superblock;

Result<Bytes> read_image(int fd, std::uint64_t offset_bytes, std::size_t length) {
    Bytes bytes(length);
    const ssize_t count = ::pread(fd, bytes.data(), length, static_cast<off_t>(offset_bytes));
    if (count != static_cast<ssize_t>(length)) return fail("read", "image", "ends too soon");
    return bytes;
}

void write(base::JsonWriter& json, const std::optional<Superblock>& found) {
    if (!found) return json.null();
    json.begin_object();
    json.member("type", found->file_system);
    json.member("uuid", found->uuid);
    json.member("label", found->label);
    json.member("size", found->size_bytes);
    json.member("recovery", found->needs_recovery);
    json.end_object();
}

void write(base::JsonWriter& json, const Partition& partition) {
    json.begin_object();
    json.member("number", partition.number);
    json.member("offset", partition.offset_bytes);
    json.member("size", partition.size_bytes);
    json.member("type", partition.type);
    json.member("uuid", partition.uuid);
    json.member("name", partition.name);
    json.end_object();
}

}  // namespace

int main(int argc, char** argv) {
    const int fd = argc == 2 ? ::open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) return 1;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const auto read = [fd](std::uint64_t offset_bytes, std::size_t length) {
        return read_image(fd, offset_bytes, length);
    };
    const auto start = read(0, std::min<std::size_t>(size, agent::disk::kProbeBytes));
    const auto table = agent::disk::read_partition_table({.size_bytes = size, .read = read});
    if (!start || !table) return 1;
    base::JsonWriter json;
    json.begin_object();
    json.key("filesystem");
    write(json, agent::disk::probe_superblock(*start));
    json.key("partitions");
    json.begin_array();
    for (const Partition& partition : table->partitions) write(json, partition);
    json.end_array();
    json.end_object();
    std::puts(json.text().c_str());
    ::close(fd);
    return 0;
}
