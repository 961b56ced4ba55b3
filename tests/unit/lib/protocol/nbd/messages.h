// Messages of the handshake as a peer would write them, for tests.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::protocol::nbd::test {

// "4e42 44" -> the three bytes; blanks are ignored.
Bytes hex(std::string_view digits);

Bytes join(std::initializer_list<Bytes> parts);
Bytes text(std::string_view text);

// A server's side.
inline constexpr std::uint16_t kModernFlags = kFlagFixedNewstyle | kFlagNoZeroes;
Bytes greeting(std::uint16_t handshake_flags = kModernFlags);
Bytes reply(Option option, OptionReply type, const Bytes& data = {});
Bytes export_item(std::uint64_t size, std::uint16_t flags = kTransmitHasFlags);
Bytes block_size_item(const BlockSizes& sizes);
Bytes string_item(Info type, std::string_view text);
Bytes info_reply(const Bytes& item, Option option = Option::go);
Bytes listed(std::string_view name, std::string_view description = "");

// A client's side.
Bytes client_flags(std::uint32_t flags = kModernFlags);
Bytes option(Option option, const Bytes& data = {});
Bytes option_header(Option option, std::uint32_t length);
Bytes query(std::string_view name, std::initializer_list<Info> requests = {});
Bytes context_query(std::string_view name, std::initializer_list<std::string_view> queries);

}  // namespace nbdroot::protocol::nbd::test
