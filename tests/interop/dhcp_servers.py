"""Real DHCP servers for a network lab: ISC dhcpd and Kea, in the foreground, with all that they read
and write in a folder of the test's. Their programs are unpacked, not installed."""

import ipaddress
import json
from pathlib import Path

import process

TOP = Path(__file__).resolve().parents[2]


def fetch():
    """To be called where there is a network to fetch them over: outside the lab."""
    process.run(TOP / "tests/support/fetch-dhcp-servers", tree())


def tree():
    """The folder with the unpacked packages."""
    return TOP / "build/dhcp-servers"


ISC_READY = "Server starting service"
KEA_READY = "DHCP4_STARTED"


def isc_command(folder, interface, net, *, server, pool=(50, 60), lease_seconds=6, options=()):
    """A server at the address SERVER; OPTIONS are lines of its subnet."""
    leases = folder / "dhcpd.leases"
    leases.touch()
    (folder / "dhcpd.conf").write_text(f"""authoritative;
ping-check false;
server-identifier {server};
default-lease-time {lease_seconds};
max-lease-time {lease_seconds};
min-lease-time {lease_seconds};
subnet {net}.0 netmask 255.255.255.0 {{
  range {net}.{pool[0]} {net}.{pool[1]};
  option routers {net}.1;
""" + "".join(f"  {line};\n" for line in options) + "}\n")
    return [tree() / "usr/sbin/dhcpd", "-4", "-f", "-d", "--no-pid", "-user", "root",
            "-group", "root", "-cf", folder / "dhcpd.conf", "-lf", leases, interface]


def kea_command(folder, interface, net, *, lease_seconds=6, options=()):
    """OPTIONS: dictionaries as in Kea's option-data."""
    routers = {"name": "routers", "data": f"{net}.1"}
    config = {"Dhcp4": {
        "interfaces-config": {"interfaces": [interface],
                              # The cable has no carrier before the client is up.
                              "service-sockets-max-retries": 300,
                              "service-sockets-retry-wait-time": 100},
        "lease-database": {"type": "memfile", "persist": False},
        "valid-lifetime": lease_seconds,
        "renew-timer": lease_seconds // 2,
        "rebind-timer": lease_seconds * 7 // 8,
        "subnet4": [{"subnet": str(ipaddress.ip_network(f"{net}.0/24")),
                     "pools": [{"pool": f"{net}.50 - {net}.60"}],
                     "option-data": [routers, *options]}],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
                     "output_options": [{"output": "stderr"}]}]}}
    path = folder / "kea.json"
    path.write_text(json.dumps(config))
    libraries = ":".join(map(str, sorted(tree().glob("usr/lib/*-linux-gnu"))))
    return ["env", f"LD_LIBRARY_PATH={libraries}", f"KEA_PIDFILE_DIR={folder}",
            f"KEA_LOCKFILE_DIR={folder}", tree() / "usr/sbin/kea-dhcp4", "-c", path]
