#include "photo/format.hpp"

#include <string>

namespace hone {

Format detect_format(std::span<const std::uint8_t> head) {
    using namespace std::string_view_literals;
    const std::string_view bytes(reinterpret_cast<const char*>(head.data()),
                                 std::min(head.size(), kFormatBytes));
    const auto part = [&](std::size_t from, std::size_t count) {
        return from < bytes.size() ? bytes.substr(from, count) : std::string_view{};
    };
    if (bytes.starts_with("\xFF\xD8\xFF"sv)) return Format::kJpeg;
    if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) return Format::kPng;
    if (bytes.starts_with("RIFF"sv) && part(8, 4) == "WEBP"sv) return Format::kWebp;
    if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return Format::kGif;
    if (bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv)) return Format::kTiff;
    // A BMP header says its own size (12, 40, 52, 56, 64, 108 or 124 bytes), so that text starting with "BM"
    // is no picture.
    if (bytes.starts_with("BM"sv) && bytes.size() > 18) {
        const auto size = static_cast<unsigned char>(bytes[14]);
        const bool known =
            size == 12 || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124;
        if (known && part(15, 3) == "\0\0\0"sv) return Format::kBmp;
    }
    if (part(4, 4) == "ftyp"sv) {
        // ISO/IEC 23008-12 (HEIF) and the AVIF specification: the major brand, else a compatible one.
        const std::string_view brands = part(8, kFormatBytes - 8);
        if (brands.find("avif"sv) != std::string_view::npos ||
            brands.find("avis"sv) != std::string_view::npos)
            return Format::kAvif;
        for (const std::string_view brand :
             {"heic"sv, "heix"sv, "hevc"sv, "heim"sv, "heis"sv, "mif1"sv, "msf1"sv}) {
            if (brands.find(brand) != std::string_view::npos) return Format::kHeif;
        }
        return Format::kNone;
    }
    if (bytes.starts_with("\xFF\x0A"sv) || bytes.starts_with("\0\0\0\x0CJXL \r\n\x87\n"sv))
        return Format::kJxl;
    if (bytes.starts_with("\0\0\0\x0CjP  \r\n\x87\n"sv) || bytes.starts_with("\xFF\x4F\xFF\x51"sv))
        return Format::kJpeg2000;
    return Format::kNone;
}

std::string_view format_name(Format format) {
    switch (format) {
        case Format::kNone:
            return "";
        case Format::kJpeg:
            return "jpeg";
        case Format::kPng:
            return "png";
        case Format::kWebp:
            return "webp";
        case Format::kGif:
            return "gif";
        case Format::kTiff:
            return "tiff";
        case Format::kBmp:
            return "bmp";
        case Format::kHeif:
            return "heif";
        case Format::kAvif:
            return "avif";
        case Format::kJxl:
            return "jxl";
        case Format::kJpeg2000:
            return "jpeg2000";
    }
    return "";
}

}  // namespace hone
