// SPDX-License-Identifier: GPL-3.0-or-later
// Recognises file formats by their signatures, and camera raw by the tags of its TIFF directories.
#include "photo/format.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace hone {

using namespace std::string_view_literals;

Format detect_format(std::span<const std::uint8_t> head) {
    const std::string_view bytes(reinterpret_cast<const char*>(head.data()),
                                 std::min(head.size(), kFormatBytes));
    const auto part = [&](std::size_t from, std::size_t count) {
        return from < bytes.size() ? bytes.substr(from, count) : std::string_view{};
    };
    if (bytes.starts_with("\xFF\xD8\xFF"sv)) return Format::kJpeg;
    if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) return Format::kPng;
    if (bytes.starts_with("RIFF"sv) && part(8, 4) == "WEBP"sv) return Format::kWebp;
    if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return Format::kGif;
    if (bytes.starts_with("II*\0"sv) && part(8, 2) == "CR"sv) return Format::kCr2;
    if (bytes.starts_with("IIRO"sv) || bytes.starts_with("IIRS"sv) || bytes.starts_with("MMOR"sv))
        return Format::kOrf;
    if (bytes.starts_with("IIU\0"sv)) return Format::kRw2;
    if (bytes.starts_with("FUJIFILMCCD-RAW"sv)) return Format::kRaf;
    if (bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv)) return Format::kTiff;
    // A BMP header contains its own size (12, 40, 52, 56, 64, 108 or 124 bytes), which excludes text that
    // starts with "BM".
    if (bytes.starts_with("BM"sv) && bytes.size() > 18) {
        const auto size = static_cast<unsigned char>(bytes[14]);
        const bool known =
            size == 12 || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124;
        if (known && part(15, 3) == "\0\0\0"sv) return Format::kBmp;
    }
    if (part(4, 4) == "ftyp"sv) {
        // ISO/IEC 23008-12 (HEIF) and the AVIF specification: the major brand, else a compatible one.
        if (part(8, 4) == "crx "sv) return Format::kCr3;
        const std::string_view brands = part(8, 56);
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
    if (const auto start = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF"sv);
        start != std::string_view::npos && bytes[start] == '<' &&
        bytes.find("<svg"sv) != std::string_view::npos)
        return Format::kSvg;
    return Format::kNone;
}

namespace {

// The few tags of TIFF directories that distinguish camera raw from finished images (TIFF 6.0; DNG 1.6;
// private tags of Adobe and the camera makers as listed by ExifTool).
struct RawSigns {
    bool dng = false, sensor = false;
    std::string make;
};

class TiffReader {
  public:
    explicit TiffReader(std::span<const std::uint8_t> bytes) : bytes_(bytes), big_(bytes[0] == 'M') {}

    RawSigns read() {
        RawSigns signs;
        std::vector<std::uint32_t> directories{number(4, 4).value_or(0)};
        for (std::size_t at = 0; at < directories.size() && at < kDirectories; ++at)
            read_directory(directories[at], at == 0, signs, directories);
        return signs;
    }

  private:
    static constexpr std::size_t kDirectories = 16, kEntries = 512, kSubdirectories = 8;

    [[nodiscard]] std::optional<std::uint32_t> number(std::size_t offset, std::size_t count) const {
        if (offset > bytes_.size() || bytes_.size() - offset < count) return std::nullopt;
        std::uint32_t value = 0;
        for (std::size_t at = 0; at < count; ++at)
            value = value << 8 | bytes_[offset + (big_ ? at : count - 1 - at)];
        return value;
    }

    void read_directory(std::size_t offset, bool first, RawSigns& signs,
                        std::vector<std::uint32_t>& directories) const {
        const auto count = number(offset, 2);
        if (offset == 0 || !count || *count > kEntries) return;
        for (std::size_t entry = 0; entry < *count; ++entry) {
            const std::size_t at = offset + 2 + 12 * entry;
            const auto tag = number(at, 2), type = number(at + 2, 2), values = number(at + 4, 4);
            const auto value = number(at + 8, type == 3 ? 2 : 4);
            if (!tag || !type || !values || !value) return;
            switch (*tag) {
                case 262:  // PhotometricInterpretation: CFA or LinearRaw
                    signs.sensor = signs.sensor || *value == 32803 || *value == 34892;
                    break;
                case 259:  // Compression: Sony, Nikon, Pentax, Kodak raw
                    signs.sensor = signs.sensor || *value == 32767 || *value == 34713 || *value == 65535 ||
                                   *value == 65000;
                    break;
                case 50706:  // DNGVersion
                    signs.dng = true;
                    break;
                case 271:  // Make
                    if (first && *values > 4 && *values < 128 && number(*value, 1)) {
                        const std::size_t length = std::min<std::size_t>(*values, bytes_.size() - *value);
                        signs.make.assign(reinterpret_cast<const char*>(bytes_.data()) + *value, length);
                    }
                    break;
                case 330:  // SubIFDs
                    if (*values == 1) directories.push_back(*value);
                    for (std::size_t sub = 0;
                         *values > 1 && sub < std::min<std::size_t>(*values, kSubdirectories); ++sub)
                        directories.push_back(number(*value + 4 * sub, 4).value_or(0));
                    break;
                default:
                    break;
            }
        }
        if (const auto next = number(offset + 2 + 12 * *count, 4); next && *next != 0)
            directories.push_back(*next);
    }

    const std::span<const std::uint8_t> bytes_;
    const bool big_;
};

}  // namespace

Format detect_raw(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 8) return Format::kTiff;
    const RawSigns signs = TiffReader(bytes).read();
    if (signs.dng) return Format::kDng;
    if (!signs.sensor) return Format::kTiff;
    if (signs.make.starts_with("NIKON")) return Format::kNef;
    if (signs.make.starts_with("SONY")) return Format::kArw;
    return Format::kOtherRaw;
}

bool is_raw(Format format) {
    return format >= Format::kDng;
}

std::string_view kind_of_other(std::span<const std::uint8_t> head) {
    const std::string_view bytes(reinterpret_cast<const char*>(head.data()),
                                 std::min(head.size(), kFormatBytes));
    if (bytes.empty()) return "empty file";
    struct Sign {
        std::size_t at;
        std::string_view bytes, kind;
    };
    static constexpr Sign kSigns[] = {{4, "ftypM4A"sv, "audio"},
                                      {4, "ftyp"sv, "video"},
                                      {4, "moov"sv, "video"},
                                      {4, "mdat"sv, "video"},
                                      {0, "\x1A\x45\xDF\xA3"sv, "video"},
                                      {8, "AVI "sv, "video"},
                                      {0, "\0\0\1\xBA"sv, "video"},
                                      {0, "\0\0\1\xB3"sv, "video"},
                                      {0, "FLV\1"sv, "video"},
                                      {0, "\x30\x26\xB2\x75"sv, "video"},
                                      {8, "WAVE"sv, "audio"},
                                      {0, "ID3"sv, "audio"},
                                      {0, "OggS"sv, "audio"},
                                      {0, "fLaC"sv, "audio"},
                                      {0, "%PDF"sv, "document"},
                                      {0, "\xD0\xCF\x11\xE0"sv, "document"},
                                      {0, "%!PS"sv, "document"},
                                      {0, "PK\3\4"sv, "archive"},
                                      {0, "\x1F\x8B"sv, "archive"},
                                      {0, "7z\xBC\xAF"sv, "archive"},
                                      {0, "Rar!"sv, "archive"},
                                      {0, "8BPS"sv, "image of a kind Hone does not support"},
                                      {0, "qoif"sv, "image of a kind Hone does not support"},
                                      {0, "DDS "sv, "image of a kind Hone does not support"},
                                      {0, "icns"sv, "image of a kind Hone does not support"},
                                      {0, "\0\0\1\0"sv, "image of a kind Hone does not support"},
                                      {0, "P5"sv, "image of a kind Hone does not support"},
                                      {0, "P6"sv, "image of a kind Hone does not support"},
                                      {0, "P2"sv, "image of a kind Hone does not support"},
                                      {0, "P3"sv, "image of a kind Hone does not support"},
                                      {0, "gimp xcf"sv, "image of a kind Hone does not support"},
                                      {0,
                                       "\x7F"
                                       "ELF"sv,
                                       "program"},
                                      {0, "SQLite format 3"sv, "database"}};
    for (const Sign& sign : kSigns) {
        if (bytes.size() > sign.at && bytes.substr(sign.at).starts_with(sign.bytes)) return sign.kind;
    }
    if (bytes.find("<x:xmpmeta"sv) != std::string_view::npos ||
        bytes.find("<?xpacket"sv) != std::string_view::npos)
        return "sidecar";
    const bool text = std::ranges::none_of(bytes, [](unsigned char c) {
        return c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\x1B';
    });
    return text ? "text" : "not an image";
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
        case Format::kSvg:
            return "svg";
        case Format::kDng:
            return "dng";
        case Format::kCr2:
            return "cr2";
        case Format::kCr3:
            return "cr3";
        case Format::kNef:
            return "nef";
        case Format::kArw:
            return "arw";
        case Format::kRaf:
            return "raf";
        case Format::kOrf:
            return "orf";
        case Format::kRw2:
            return "rw2";
        case Format::kOtherRaw:
            return "raw";
    }
    return "";
}

}  // namespace hone
