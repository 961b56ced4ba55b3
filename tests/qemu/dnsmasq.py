"""dnsmasq as a DHCP server, in the foreground, with nothing read from the machine it runs on."""


def command(interface, net, *options, lease="12h", ping=False):
    """Leases .50 to .60 of NET (three numbers); log lines go to standard error."""
    return ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--port=0", f"--interface={interface}", "--bind-interfaces",
            f"--dhcp-range={net}.50,{net}.60,{lease}", "--leasefile-ro", "--log-dhcp",
            "--log-facility=-", "--user=root", "--pid-file=", "--no-daemon",
            *([] if ping else ["--no-ping"]), *options]


# What it says once it answers.
READY = "DHCP, sockets bound|DHCP, IP range"
