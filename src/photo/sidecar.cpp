// SPDX-License-Identifier: GPL-3.0-or-later
// Writes XMP sidecars with Exiv2, and marks them as Hone's.
#include "photo/sidecar.hpp"

#include <exiv2/exiv2.hpp>

#include "photo/exiv2_start.hpp"

namespace hone {

namespace {

// Programs sign in this field, which distinguishes Hone's sidecars from others.
constexpr const char* kToolField = "Xmp.xmp.CreatorTool";
constexpr const char* kTool = "Hone";

}  // namespace

Result<std::string> write_sidecar(std::span<const Region> regions, int width, int height, int orientation) {
    start_exiv2();
    try {
        Exiv2::XmpData xmp;
        xmp[kToolField] = kTool;
        const auto structure = [&](const std::string& key, Exiv2::XmpValue::XmpArrayType type,
                                   Exiv2::XmpValue::XmpStruct kind) {
            Exiv2::XmpTextValue value;
            value.setXmpArrayType(type);
            value.setXmpStruct(kind);
            xmp.add(Exiv2::XmpKey(key), &value);
        };
        const bool on_its_side = orientation >= 5;
        const std::string base = "Xmp.mwg-rs.Regions";
        structure(base, Exiv2::XmpValue::xaNone, Exiv2::XmpValue::xsStruct);
        const std::string applied = base + "/mwg-rs:AppliedToDimensions";
        structure(applied, Exiv2::XmpValue::xaNone, Exiv2::XmpValue::xsStruct);
        xmp[applied + "/stDim:w"] = fmt::format("{}", on_its_side ? height : width);
        xmp[applied + "/stDim:h"] = fmt::format("{}", on_its_side ? width : height);
        xmp[applied + "/stDim:unit"] = "pixel";
        const std::string list = base + "/mwg-rs:RegionList";
        structure(list, Exiv2::XmpValue::xaBag, Exiv2::XmpValue::xsNone);
        std::size_t number = 0;
        for (const Region& upright : regions) {
            // The inverse rotation: 6 and 8 are inverse to each other, the others to themselves.
            const Region region = turned(upright, orientation == 6 ? 8 : orientation == 8 ? 6 : orientation);
            const std::string item = fmt::format("{}[{}]", list, ++number);
            structure(item, Exiv2::XmpValue::xaNone, Exiv2::XmpValue::xsStruct);
            xmp[item + "/mwg-rs:Name"] = region.name;
            xmp[item + "/mwg-rs:Type"] = region.type.empty() ? "Face" : region.type;
            const std::string area = item + "/mwg-rs:Area";
            structure(area, Exiv2::XmpValue::xaNone, Exiv2::XmpValue::xsStruct);
            for (const auto& [name, share] :
                 {std::pair{"x", region.x}, {"y", region.y}, {"w", region.width}, {"h", region.height}})
                xmp[fmt::format("{}/stArea:{}", area, name)] = fmt::format("{:.6f}", share);
            xmp[area + "/stArea:unit"] = "normalized";
        }
        Exiv2::XmpArrayValue people(Exiv2::xmpBag);
        for (const Region& region : regions) people.read(region.name);
        xmp.add(Exiv2::XmpKey("Xmp.iptcExt.PersonInImage"), &people);
        std::string packet;
        if (Exiv2::XmpParser::encode(
                packet, xmp, Exiv2::XmpParser::omitPacketWrapper | Exiv2::XmpParser::useCompactFormat) != 0)
            return fail("the names cannot be written as XMP");
        return packet;
    } catch (const std::exception& error) {  // thrown by Exiv2
        return fail("the names cannot be written as XMP: {}", error.what());
    }
}

bool is_own_sidecar(std::string_view packet) {
    return packet.find(fmt::format("CreatorTool=\"{}\"", kTool)) != std::string_view::npos;
}

}  // namespace hone
