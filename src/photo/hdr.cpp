// SPDX-License-Identifier: GPL-3.0-or-later
// Transfer functions and colour matrices from PQ, HLG, BT.2020 and Display P3 to sRGB.
#include "photo/hdr.hpp"

#include <libheif/heif.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

namespace hone {

namespace {

constexpr double kDiffuseWhite = 203, kPeak = 1000;  // cd/m2

double from_pq(double code) {  // returns cd/m2
    constexpr double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128, c1 = 3424.0 / 4096,
                     c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;
    const double power = std::pow(code, 1 / m2);
    return 10000 * std::pow(std::max(power - c1, 0.0) / (c2 - c3 * power), 1 / m1);
}

double from_hlg(double code) {  // returns scene light, 0..1
    constexpr double a = 0.17883277, b = 1 - 4 * a, c = 0.55991073;
    return code <= 0.5 ? code * code / 3 : (std::exp((code - c) / a) + b) / 12;
}

double from_srgb(double code) {
    return code <= 0.04045 ? code / 12.92 : std::pow((code + 0.055) / 1.055, 2.4);
}

std::uint8_t encode_srgb(double light) {
    const double code = light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
    return static_cast<std::uint8_t>(std::clamp(code * 255 + 0.5, 0.0, 255.0));
}

using Matrix = std::array<std::array<float, 3>, 3>;

// To linear BT.709 / sRGB, D65 (ITU-R BT.2087; Display P3 from its primaries).
constexpr Matrix kIdentity{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
constexpr Matrix kFromBt2020{
    {{1.6605F, -0.5876F, -0.0728F}, {-0.1246F, 1.1329F, -0.0083F}, {-0.0182F, -0.1006F, 1.1187F}}};
constexpr Matrix kFromDisplayP3{
    {{1.2249F, -0.2247F, 0}, {-0.0420F, 1.0419F, 0}, {-0.0197F, -0.0786F, 1.0979F}}};

const Matrix& matrix_of(Primaries primaries) {
    switch (primaries) {
        case Primaries::kBt2020:
            return kFromBt2020;
        case Primaries::kDisplayP3:
            return kFromDisplayP3;
        case Primaries::kBt709:
            break;
    }
    return kIdentity;
}

// Code to linear light (diffuse white = 1) for 4096 codes, which is finer than 10 bits.
constexpr std::size_t kSteps = 4096;

std::vector<float> light_table(Transfer transfer) {
    std::vector<float> table(kSteps);
    for (std::size_t step = 0; step < kSteps; ++step) {
        const double code = static_cast<double>(step) / (kSteps - 1);
        switch (transfer) {
            case Transfer::kPq:
                table[step] = static_cast<float>(from_pq(code) / kDiffuseWhite);
                break;
            case Transfer::kHlg:  // display gamma 1.2 at 1000 cd/m2, applied per channel
                table[step] = static_cast<float>(kPeak * std::pow(from_hlg(code), 1.2) / kDiffuseWhite);
                break;
            case Transfer::kSrgb:
                table[step] = static_cast<float>(from_srgb(code));
                break;
        }
    }
    return table;
}

}  // namespace

std::optional<ColorCode> heif_color_code(std::span<const std::uint8_t> bytes) {
    const std::unique_ptr<heif_context, void (*)(heif_context*)> context(heif_context_alloc(),
                                                                         heif_context_free);
    if (!context ||
        heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(), nullptr).code !=
            heif_error_Ok)
        return std::nullopt;
    heif_image_handle* primary = nullptr;
    if (heif_context_get_primary_image_handle(context.get(), &primary).code != heif_error_Ok)
        return std::nullopt;
    const std::unique_ptr<heif_image_handle, void (*)(const heif_image_handle*)> handle(
        primary, heif_image_handle_release);
    const auto kind = heif_image_handle_get_color_profile_type(handle.get());
    if (kind == heif_color_profile_type_prof || kind == heif_color_profile_type_rICC) return std::nullopt;
    heif_color_profile_nclx* nclx = nullptr;
    if (heif_image_handle_get_nclx_color_profile(handle.get(), &nclx).code != heif_error_Ok ||
        nclx == nullptr)
        return std::nullopt;
    ColorCode color;
    if (nclx->transfer_characteristics == heif_transfer_characteristic_ITU_R_BT_2100_0_PQ)
        color.transfer = Transfer::kPq;
    else if (nclx->transfer_characteristics == heif_transfer_characteristic_ITU_R_BT_2100_0_HLG)
        color.transfer = Transfer::kHlg;
    if (nclx->color_primaries == heif_color_primaries_ITU_R_BT_2020_2_and_2100_0)
        color.primaries = Primaries::kBt2020;
    else if (nclx->color_primaries == heif_color_primaries_SMPTE_EG_432_1)
        color.primaries = Primaries::kDisplayP3;
    heif_nclx_color_profile_free(nclx);
    return color;
}

void to_srgb(std::span<const std::uint16_t> codes, ColorCode color, std::span<std::uint8_t> rgb) {
    const std::vector<float> lights = light_table(color.transfer);
    std::vector<std::uint8_t> shown(kSteps);
    for (std::size_t step = 0; step < kSteps; ++step)
        shown[step] = encode_srgb(static_cast<double>(step) / (kSteps - 1));
    const Matrix& matrix = matrix_of(color.primaries);
    const bool high = color.transfer != Transfer::kSrgb;
    constexpr float kWhite = kPeak / kDiffuseWhite;
    const auto show = [&](float light) {
        light = std::max(light, 0.0F);
        if (high) light = light * (1 + light / (kWhite * kWhite)) / (1 + light);
        return shown[static_cast<std::size_t>(std::min(light, 1.0F) * (kSteps - 1) + 0.5F)];
    };
    for (std::size_t at = 0; at + 2 < codes.size() && at + 2 < rgb.size(); at += 3) {
        std::array<float, 3> light{};
        for (std::size_t band = 0; band < 3; ++band)
            light[band] = lights[std::size_t{codes[at + band]} * (kSteps - 1) / 65535];
        for (std::size_t band = 0; band < 3; ++band)
            rgb[at + band] =
                show(matrix[band][0] * light[0] + matrix[band][1] * light[1] + matrix[band][2] * light[2]);
    }
}

}  // namespace hone
