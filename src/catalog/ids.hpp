// SPDX-License-Identifier: GPL-3.0-or-later
// The short keys of rows in one catalogue. Everything outside uses a photo's id (photo/photo_id.hpp).
#pragma once

#include <cstdint>

namespace hone {

using PhotoNumber = std::uint32_t;
using FolderId = std::int64_t;
using FileId = std::int64_t;
using FaceId = std::int64_t;
using PersonId = std::int64_t;  // 0: no person

}  // namespace hone
