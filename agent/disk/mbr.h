// Partition tables of the PC BIOS, numbered as block/partitions/msdos.c does. Pure.
#pragma once

#include "agent/disk/partition_table.h"
#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

// SECTOR is the first of a disk and ends in 55 aa.
[[nodiscard]] bool has_boot_signature(ByteView sector);

// Whether it is the stand-in that a GPT has for those who know only MBR.
[[nodiscard]] bool is_protective_mbr(ByteView sector);

// The primary partitions, and the logical ones of a chain that DISK is asked for. Empty where
// SECTOR is no table: the boot sector of a file system ends in 55 aa as well.
[[nodiscard]] Result<PartitionTable> read_mbr(const Disk& disk, ByteView sector);

}  // namespace nbdroot::agent::disk
