"""dnsmasq as a server of DHCP or of names, in the foreground, with nothing read from the machine it
runs on."""

_ALONE = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
          "--log-facility=-", "--user=root", "--pid-file=", "--no-daemon", "--bind-interfaces"]


def command(interface, net, *options, lease="12h", ping=False):
    """Leases .50 to .60 of NET (three numbers); log lines go to standard error."""
    return [*_ALONE, "--port=0", f"--interface={interface}",
            f"--dhcp-range={net}.50,{net}.60,{lease}", "--leasefile-ro", "--log-dhcp",
            *([] if ping else ["--no-ping"]), *options]


def names_command(address, *options):
    """Answers for names on ADDRESS; each question is a line of the log."""
    return [*_ALONE, f"--listen-address={address}", "--log-queries", *options]


# What it says once it answers.
READY = "DHCP, sockets bound|DHCP, IP range"
NAMES_READY = "started, version"
