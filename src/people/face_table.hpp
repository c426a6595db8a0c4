// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that grouping knows of each face, in mapped files: its vector, its nearest faces, its group. The
// files are derived from the catalogue and can be deleted at any time.
#pragma once

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/mapped_array.hpp"
#include "catalog/ids.hpp"
#include "vector/kernels.hpp"

namespace hone {

using FaceRow = std::uint32_t;  // rows count from 0 in the order of append()
inline constexpr FaceRow kNoRow = std::numeric_limits<FaceRow>::max();

// Identifies what the files were computed with; other values make them worthless.
struct FaceTableSpec {
    std::string model;  // fingerprint, at most 95 bytes
    std::size_t dimension = 0;
    float link = 0, reach = 0;  // distances (people/face_clusters.hpp)
};

struct FaceLink {
    float distance;
    FaceRow other;
    bool operator<(const FaceLink& link) const {
        return std::tie(distance, other) < std::tie(link.distance, link.other);
    }
};

struct FaceLinks {
    static constexpr std::size_t kKept = 64;
    FaceLink nearest[kKept];  // a heap with the longest link on top
};

// All zero is a face that does not exist.
struct FaceRecord {
    FaceId id;              // 0: the face is gone
    PersonId person;        // as in the catalogue; 0: none
    PersonId group_person;  // in a group's first face: whom a user confirmed for the group
    PhotoNumber photo;
    FaceRow next_on_photo;      // another face of this photo; kNoRow ends the list
    FaceRow parent, ring;       // component: union-find, and a ring of the members
    FaceRow group, group_ring;  // group: its first face, and a ring of the members
    std::uint32_t group_size;   // in a group's first face
    float error;                // length of (vector - its code)
    std::uint16_t links;
    bool confirmed;  // a user confirmed `person`
    bool rejects;    // a user rejected people for this face
    bool leaves;     // one of its links leads to another group
};

// Not thread-safe, except for concurrent calls of const functions. Functions that grow it return kFailed when
// the disk is full.
class FaceTable {
  public:
    // Without files.
    explicit FaceTable(FaceTableSpec spec);
    // Opens the files in this folder, creates them, or empties them when they were computed with another
    // spec, a process died while it changed them, or the machine lost power. kPrivate: changes stay in this
    // process. kInUse: kPrivate while another process has the files open; kShared waits for readers.
    static Result<FaceTable> open(const fs::path& folder, FaceTableSpec spec, MappedBytes::Sharing sharing);
    FaceTable(FaceTable&&) = default;
    ~FaceTable();

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const FaceTableSpec& spec() const { return spec_; }
    // Of the first rows, so many have their links.
    [[nodiscard]] std::size_t connected() const { return connected_; }
    void set_connected(std::size_t rows) { connected_ = rows; }
    // Number of rows whose face is gone.
    [[nodiscard]] std::size_t removed() const { return removed_; }
    FaceRecord& operator[](FaceRow row) const { return records_[row]; }
    [[nodiscard]] std::span<FaceLink> links(FaceRow row) const {
        return {links_[row].nearest, records_[row].links};
    }
    [[nodiscard]] std::span<const float> vector(FaceRow row) const {
        return {vectors_.data() + row * spec_.dimension, spec_.dimension};
    }
    [[nodiscard]] std::optional<FaceRow> find(FaceId id) const;
    // Rows of the photo's faces.
    [[nodiscard]] std::vector<FaceRow> faces_on(PhotoNumber photo) const;
    // Calls visit(row) for each; stops when it returns true, and returns whether it did.
    template <typename Visit>
    bool any_on(PhotoNumber photo, const Visit& visit) const {
        if (photo >= by_photo_.capacity()) return false;
        for (FaceRow row = by_photo_[photo] - 1; row != kNoRow; row = records_[row].next_on_photo) {
            if (visit(row)) return true;
        }
        return false;
    }

    // The face is a component and a group by itself, without links. Its id must be new.
    Result<FaceRow> append(FaceId id, PhotoNumber photo, std::span<const float> vector);
    // The face is no longer found by id, photo or vector, and its vector is deleted. Links to it remain.
    void remove(FaceRow row);
    // Keeps a link if it is one of the kKept nearest.
    void keep(FaceRow row, const FaceLink& link);

    // Euclidean; the same whichever vector comes first.
    [[nodiscard]] static float distance(std::span<const float> a, std::span<const float> b);

    // Calls found(query, row) for every row in [first, last) whose vector may be nearer than `reach` to that
    // of the query: all that are, and a few more.
    template <typename Found>
    void near(std::span<const FaceRow> queries, FaceRow first, FaceRow last, const Found& found) const;

    // Marks the files as unusable until finish(), which a process that dies in between does not reach.
    void begin();
    void finish();
    // The state of the catalogue with which the files agree; empty: with none.
    void set_state(std::string_view state);
    [[nodiscard]] std::string state() const;
    Result<> clear();

  private:
    struct Header;
    [[nodiscard]] Header& header() const;
    // The queries in the form of Kernels::near_i8.
    struct Queries {
        std::vector<std::int8_t> codes;
        std::vector<std::int32_t> sums;
        std::vector<float> scales, limits;
    };
    [[nodiscard]] Queries queries_of(std::span<const FaceRow> rows) const;
    void compare(const Queries& queries, std::size_t tile, std::size_t tiles, std::uint16_t* masks) const;
    Result<> reserve(std::size_t rows);
    void encode(FaceRow row);

    FaceTableSpec spec_;
    std::size_t padded_ = 0;  // bytes of a code
    std::size_t size_ = 0, connected_ = 0, removed_ = 0;
    float largest_error_ = 0;  // of all faces
    bool shared_ = false;
    FileDescriptor lock_;
    MappedBytes header_;
    MappedArray<FaceRecord> records_;
    MappedArray<FaceLinks> links_;
    MappedArray<float> vectors_, scales_, halves_;  // vectors_: rows x dimension
    MappedArray<std::uint8_t> codes_;               // in tiles (vector/kernels.hpp)
    MappedArray<FaceRow> by_id_, by_photo_;         // row + 1; 0: none
};

template <typename Found>
void FaceTable::near(std::span<const FaceRow> queries, FaceRow first, FaceRow last,
                     const Found& found) const {
    // The codes of so many tiles stay in the processor's cache while the queries pass.
    constexpr std::size_t kPanel = 128;
    const std::size_t end = (last + kTileRows - 1) / kTileRows;
    const Queries prepared = queries_of(queries);
    std::vector<std::uint16_t> all(queries.size() * kPanel);
    for (std::size_t tile = first / kTileRows; tile < end; tile += kPanel) {
        const std::size_t tiles = std::min(kPanel, end - tile);
        const std::span masks = std::span(all).first(queries.size() * tiles);
        compare(prepared, tile, tiles, masks.data());
        for (std::size_t at = 0; at < masks.size(); ++at) {
            for (unsigned mask = masks[at]; mask != 0; mask &= mask - 1) {
                const auto row = static_cast<FaceRow>((tile + at % tiles) * kTileRows) +
                                 static_cast<FaceRow>(std::countr_zero(mask));
                if (row >= first && row < last) found(at / tiles, row);
            }
        }
    }
}

}  // namespace hone
