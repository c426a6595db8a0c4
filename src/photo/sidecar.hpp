// XMP sidecars that Hone writes, for other programs to read.
#pragma once

#include <span>
#include <string>

#include "photo/metadata.hpp"

namespace hone {

// An XMP packet with the regions as the Metadata Working Group wants them (Guidelines 2.0, "Image Regions":
// in shares of the picture as it is stored) and their names as people (IPTC PersonInImage). regions: of the
// upright picture; the names are not empty. width, height: upright pixels. orientation: EXIF, 1..8. What
// read_metadata() reads of it is the regions again, but for the last digits.
Result<std::string> write_sidecar(std::span<const Region> regions, int width, int height, int orientation);

// Whether write_sidecar() wrote it.
bool is_own_sidecar(std::string_view packet);

}  // namespace hone
