#include "agent/config/target.h"

#include <utility>

#include "agent/config/export_name.h"
#include "agent/config/host.h"
#include "agent/config/refuse.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

Result<void> check_scheme(std::string_view text) {
    const std::string scheme = lower_case(text);
    if (scheme == "nbd") return {};
    if (scheme == "nbds") {
        return refuse(
            "nbds:// asks for TLS, which this agent cannot speak yet, and it never falls "
            "back to clear text; nbd:// is the unencrypted form");
    }
    return refuse(cat("scheme ", quoted(text), " is not nbd"));
}

// The NBD URI specification wants parameters that are not understood to be named, not dropped.
Result<void> check_query(std::string_view query) {
    if (query.empty()) return {};
    if (query.starts_with("tls-")) {
        return refuse(cat(quoted(query), " asks for TLS, which this agent cannot speak yet"));
    }
    return refuse(cat("query ", quoted(query), " is not understood; a '?' of the export is %3F"));
}

Result<Target> parse_uri(std::string_view text, std::size_t scheme_length) {
    NBDROOT_CHECK(check_scheme(text.substr(0, scheme_length)));
    text.remove_prefix(scheme_length + 3);
    if (text.find('#') != std::string_view::npos) {
        return refuse("a URI of NBD has no fragment; a '#' of the export is %23");
    }
    const std::size_t question = text.find('?');
    if (question != std::string_view::npos) NBDROOT_CHECK(check_query(text.substr(question + 1)));
    text = text.substr(0, question);
    const std::size_t slash = text.find('/');
    const std::string_view authority = text.substr(0, slash);
    if (authority.find('@') != std::string_view::npos) {
        return refuse("a user name is for TLS, which this agent cannot speak yet; leave it out");
    }
    Target target;
    auto [host, port] = NBDROOT_TRY(take_host(authority));
    target.host = std::move(host);
    // RFC 3986: an empty port is the default one.
    if (port.size() > 1) target.port = NBDROOT_TRY(parse_port(port.substr(1)));
    if (slash != std::string_view::npos) {
        target.export_name = NBDROOT_TRY(parse_export(text.substr(slash + 1)));
    }
    return target;
}

Result<Target> parse_plain(std::string_view text) {
    Target target;
    auto [host, rest] = NBDROOT_TRY(take_host(text));
    target.host = std::move(host);
    if (rest.empty()) return target;
    if (rest == ":/") {
        return refuse(
            "HOST:/NAME is an export whose name begins with the slash, and only the "
            "slash is there; HOST alone is the default export");
    }
    std::string_view name;
    if (rest.starts_with(":/") || rest[0] == '/') {
        name = rest.substr(1);  // Debian's keeps its slash
    } else {
        const std::size_t slash = rest.find('/');
        target.port = NBDROOT_TRY(parse_port(rest.substr(0, slash).substr(1)));
        if (slash != std::string_view::npos) name = rest.substr(slash + 1);
    }
    target.export_name = NBDROOT_TRY(parse_export(name));
    return target;
}

}  // namespace

Result<Target> parse_single_target(std::string_view text) {
    if (text.empty() || text == "dhcp") return Target{.kind = Target::Kind::dhcp};
    // A scheme has no ':' or '/' of its own, so the first "://" of a plain form is none when either
    // came before it.
    const std::size_t scheme = text.find("://");
    if (scheme != std::string_view::npos && text.find_first_of(":/[") == scheme) {
        return parse_uri(text, scheme);
    }
    if (text.starts_with("dhcp:") || text.starts_with("dhcp/")) {
        return refuse(
            "'dhcp' stands alone: server, port and export come from DHCP's root-path; a "
            "host of that name is nbd://dhcp");
    }
    if (text.starts_with("iscsi:") && text.find(':', 6) != std::string_view::npos) {
        return refuse("this is an iSCSI root, not an NBD one");
    }
    return parse_plain(text);
}

}  // namespace nbdroot::agent::config
