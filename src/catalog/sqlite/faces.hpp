// SPDX-License-Identifier: GPL-3.0-or-later
// Faces in SQLite: the table face.
#pragma once

#include "catalog/faces.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

// A row of face: in an available photo.
inline constexpr const char* kAvailableFace =
    "EXISTS (SELECT 1 FROM place WHERE place.photo_id = face.photo_id AND place.state = 0)";

// These run inside the caller's transaction and throw SQLite::Exception.

// Advances FaceCatalog::faces_state(). Every function that writes faces or people calls it.
void count_change(Statements& statements);
std::string read_faces_state(Statements& statements);
void store_faces(Statements& statements, PhotoNumber photo, const std::string& model,
                 const std::vector<FaceFacts>& faces);
std::optional<Face> read_face(Statements& statements, FaceId face);

class SqliteFaces : public virtual FaceCatalog {
  public:
    explicit SqliteFaces(Connections& connections) : connections_(connections) {}

    Result<std::vector<Face>> faces_of(PhotoNumber photo) override;
    Result<Face> face(FaceId id) override;
    Result<std::vector<Face>> faces_of_person(PersonId person) override;
    Result<> for_each_face(const std::string& model, const std::function<void(const Face&)>& visit) override;
    Result<FaceId> add_face(PhotoNumber photo, const FaceFacts& face) override;
    Result<std::vector<NamedRegion>> named_regions() override;
    Result<std::vector<NamedRegion>> named_regions(std::span<const PhotoNumber> photos) override;
    Result<std::string> faces_state() override;
    Result<> forget_estimates() override;

  private:
    Connections& connections_;
};

}  // namespace hone
