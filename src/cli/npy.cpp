// SPDX-License-Identifier: GPL-3.0-or-later
// Parses the header and the data of .npy files.
#include "cli/npy.hpp"

#include <bit>
#include <cstring>
#include <regex>

#include "vector/kernels.hpp"

namespace hone {

static_assert(std::endian::native == std::endian::little);

Result<FloatArray> read_npy(const fs::path& file) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{8} << 30;
    HONE_TRY(const auto bytes, read_file(file, kMostBytes));
    const auto wrong = [&](const char* what) {
        return fail("{} is not an array that Hone can read: {}", printable(file), what);
    };
    if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
        return wrong("it does not begin as .npy does");
    const bool short_header = static_cast<unsigned char>(bytes[6]) == 1;
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + 8, short_header ? 2 : 4);
    const std::size_t start = (short_header ? 10 : 12) + std::size_t{length};
    if (start > bytes.size()) return wrong("its header is cut off");
    const std::string header(reinterpret_cast<const char*>(bytes.data()) + (short_header ? 10 : 12), length);
    std::smatch type, shape;
    if (!std::regex_search(header, type, std::regex("'descr': *'<f([24])'")))
        return wrong("its numbers are neither <f2 nor <f4");
    if (header.find("'fortran_order': False") == std::string::npos) return wrong("its columns come first");
    if (!std::regex_search(header, shape, std::regex("'shape': *\\((\\d{1,12}), *(\\d{1,12})\\)")))
        return wrong("it has not two dimensions");
    FloatArray array;
    array.rows = std::stoull(shape[1]);
    array.columns = std::stoull(shape[2]);
    const std::size_t width = type[1] == "2" ? 2 : 4, count = array.rows * array.columns;
    if (array.columns == 0 || count / array.columns != array.rows || (bytes.size() - start) / width < count)
        return wrong("it is shorter than its shape says");
    array.values.resize(count);
    if (width == 4) {
        std::memcpy(array.values.data(), bytes.data() + start, count * 4);
    } else {
        for (std::size_t at = 0; at < count; ++at) {
            Half half = 0;
            std::memcpy(&half, bytes.data() + start + at * 2, 2);
            array.values[at] = from_half(half);
        }
    }
    return array;
}

}  // namespace hone
