// What has to be in memory before the root's device goes.
#pragma once

namespace nbdroot::agent::exit {

// Process 1 of a running system lives on the root file system and runs on after the disconnect, if
// only to end the machine: its program and libraries come into the page cache, where a read-only
// file system keeps them.
void keep_first_process_running();

}  // namespace nbdroot::agent::exit
