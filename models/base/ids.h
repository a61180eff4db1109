// SPDX-License-Identifier: Apache-2.0
// Strong ids: a tenant's number cannot be used where an instance's is meant. An instance is hardware
// (a MIG GPU instance, or the whole GPU); a tenant is whoever runs work on it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace migsim {

enum class TenantId : std::uint8_t {};
enum class InstanceId : std::uint8_t {};
enum class BlockId : std::uint16_t {}; // a block that takes turns: source and destination of messages

inline constexpr std::size_t max_tenants = 16;
inline constexpr std::size_t max_instances = 8; // the driver's own limit of GPU instances

constexpr std::size_t index(TenantId id) {
    return static_cast<std::size_t>(id);
}
constexpr std::size_t index(InstanceId id) {
    return static_cast<std::size_t>(id);
}
constexpr std::size_t index(BlockId id) {
    return static_cast<std::size_t>(id);
}

} // namespace migsim
