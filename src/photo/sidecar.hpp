// SPDX-License-Identifier: GPL-3.0-or-later
// Writes XMP sidecars for other programs to read, and recognises Hone's own. Safe from any thread.
#pragma once

#include <span>
#include <string>

#include "photo/metadata.hpp"

namespace hone {

// Returns an XMP packet with the regions in the form of the Metadata Working Group (Guidelines 2.0, "Image
// Regions": fractions of the image as stored) and their names as people (IPTC PersonInImage). regions: of the
// upright image, with names that are not empty. width, height: upright pixels. orientation: EXIF, 1..8.
// read_metadata() reads the same regions from it, except for the last digits. kFailed when a name cannot be
// written as XMP.
Result<std::string> write_sidecar(std::span<const Region> regions, int width, int height, int orientation);

// Returns true when write_sidecar() wrote the packet.
bool is_own_sidecar(std::string_view packet);

}  // namespace hone
