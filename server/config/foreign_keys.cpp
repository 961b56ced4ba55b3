#include <array>

#include "server/config/ini_value.h"
#include "server/config/key_table.h"

namespace nbdroot::server::config {
namespace {

using Refuses = ForeignKey::Refuses;

constexpr std::string_view kNoTls =
    "there is no TLS here: give the machines a network of their own, or a tunnel such as "
    "WireGuard, and say with allow who may come in";
constexpr std::string_view kAlwaysOn =
    "it cannot be switched off: FLUSH, FUA and TRIM are always offered to clients that may write";
constexpr std::string_view kNoCopyOnWrite =
    "say overlay = temporary instead: what a machine writes is then its own, also over lost "
    "connections, until its next boot";
constexpr std::string_view kOneFile =
    "an export is one file or one block device: join the files into one, or into a device by "
    "device mapper (linear)";
constexpr std::string_view kNoTransactionLog =
    "requests are not logged one by one: metrics and nbd-rootserverctl count them";

constexpr std::array kGeneric{
    ForeignKey{"oldstyle", Refuses::true_value,
               "clients of this protocol are not served, it ended with nbd 3.10"},
    ForeignKey{"max_threads", Refuses::nothing,
               "it has no effect: one thread serves everybody, and as many as the disk needs wait "
               "for it"},
    ForeignKey{"splice", Refuses::nothing, "it has no effect"},
    ForeignKey{"force_tls", Refuses::true_value, kNoTls},
    ForeignKey{"certfile", Refuses::every_value, kNoTls},
    ForeignKey{"keyfile", Refuses::every_value, kNoTls},
    ForeignKey{"cacertfile", Refuses::every_value, kNoTls},
    ForeignKey{"tlsprio", Refuses::every_value, kNoTls},
};

constexpr std::array kExport{
    ForeignKey{"listenaddr", Refuses::every_value,
               "addresses are the whole server's and stand in [generic]; who may use one export "
               "is said by allow"},
    ForeignKey{"port", Refuses::every_value, "the port is the whole server's, in [generic]"},
    ForeignKey{"copyonwrite", Refuses::true_value, kNoCopyOnWrite},
    ForeignKey{"cowdir", Refuses::nothing,
               "it has no effect: overlay-directory says where overlays lie"},
    ForeignKey{"sparse_cow", Refuses::nothing, "it has no effect: overlays have holes anyhow"},
    ForeignKey{"temporary", Refuses::true_value, kNoCopyOnWrite},
    ForeignKey{"multifile", Refuses::true_value, kOneFile},
    ForeignKey{"treefiles", Refuses::true_value, kOneFile},
    ForeignKey{"waitfile", Refuses::true_value,
               "an image must be there: add its export when it is, and reload"},
    ForeignKey{"sync", Refuses::true_value,
               "writes are synced when the client asks for it by FLUSH or FUA, which are always "
               "offered"},
    ForeignKey{"flush", Refuses::false_value, kAlwaysOn},
    ForeignKey{"fua", Refuses::false_value, kAlwaysOn},
    ForeignKey{"trim", Refuses::false_value, kAlwaysOn},
    ForeignKey{"rotational", Refuses::nothing,
               "it has no effect: clients order requests as they "
               "like"},
    ForeignKey{"splice", Refuses::nothing, "it has no effect"},
    ForeignKey{"sdp", Refuses::true_value, "there is no SDP here, TCP and unix sockets only"},
    ForeignKey{"timeout", Refuses::every_value,
               "silent clients are found without it: a machine that is gone is noticed by TCP"},
    ForeignKey{"force_tls", Refuses::true_value, kNoTls},
    ForeignKey{"transactionlog", Refuses::every_value, kNoTransactionLog},
    ForeignKey{"datalog", Refuses::true_value, kNoTransactionLog},
};

}  // namespace

Result<Verdict> judge(const ForeignKey& key, std::string_view value) {
    if (key.refuses == Refuses::nothing) return Verdict{false, key.reason};
    if (key.refuses == Refuses::every_value) return Verdict{true, key.reason};
    const bool asked = NBDROOT_TRY(parse_boolean(value));
    if (asked != (key.refuses == Refuses::true_value)) return Verdict{};
    return Verdict{true, key.reason};
}

std::span<const ForeignKey> foreign_generic_keys() { return kGeneric; }

std::span<const ForeignKey> foreign_export_keys() { return kExport; }

}  // namespace nbdroot::server::config
