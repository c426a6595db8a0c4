// An opened library folder: catalogue, vectors, thumbnails, and the lock that makes one process its writer.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "catalog/catalog.hpp"
#include "catalog/available_photos.hpp"
#include "catalog/surrealdb/address.hpp"
#include "ingest/style_space.hpp"
#include "model/image_text_model.hpp"
#include "vector/vector_space.hpp"

namespace hone {

enum class Access { kRead, kWrite };

// Settings in the catalogue.
inline constexpr const char* kModelSetting = "model";          // name chosen by `hone models use`
inline constexpr const char* kPrecisionSetting = "precision";  // of that model

// Safe from any thread after opening.
class Library {
  public:
    // kWrite makes the folder and the catalogue when they are missing and takes the lock; kInUse when another
    // process has it: its description is the message. kRead: kNotFound when there is no library yet.
    static Result<std::unique_ptr<Library>> open(const fs::path& directory, Access access,
                                                 const std::string& description = "");
    // Libraries that this process opens from now on have their catalogue on this server; their folder holds
    // its mirror and what is derived from it. Once, before the first is opened.
    static void use_server(surreal::Address address);
    // Whether use_server() was called.
    static bool has_server();
    // How long what this process works on stays its own when it no longer says that it is there. With
    // use_server() only, before the first library is opened.
    static void set_lease(std::chrono::milliseconds lease);
    // What the process that holds the lock wrote into it; nothing when nobody does.
    static std::optional<std::string> holder(const fs::path& directory);

    [[nodiscard]] const fs::path& directory() const { return directory_; }
    [[nodiscard]] Catalog& catalog() const { return *catalog_; }
    // Holds the files of vectors and their statistics.
    [[nodiscard]] fs::path vectors_directory() const;
    [[nodiscard]] AvailablePhotos& available() { return available_; }
    Result<> reload_available();
    Result<> describe_holder(const std::string& description);

    // The vectors of this model. The file is brought in line with the catalogue, also by a reader when nobody
    // writes.
    Result<std::shared_ptr<VectorSpace>> open_content(const ImageTextModel& model,
                                                      ScanElement scan = ScanElement::kAuto);
    // What photos look like, as vectors; nothing while no photo's look is known, or when a reader finds the
    // files missing. Brought in line with the catalogue when it is first asked for.
    Result<std::shared_ptr<const StyleSpace>> styles();
    // For the writer, when a photo was read; does nothing before looks() was called.
    Result<> add_style(PhotoNumber photo, std::span<const std::uint8_t> style);
    // For the writer, when a vector was committed.
    Result<> add_vector(VectorSpace& space, PhotoNumber photo, std::span<const float> vector);
    // Takes in what other processes have added to the catalogue. space: may be null.
    Result<> follow(const std::string& model, VectorSpace* space);
    // Fails when the library's vectors are of other models only, naming both and the way out.
    Result<> check_model(const ImageTextModel& model) const;

  private:
    Library(fs::path directory, Access access) : directory_(std::move(directory)), access_(access) {}

    const fs::path directory_;
    const Access access_;
    std::optional<LockFile> lock_;
    std::unique_ptr<Catalog> catalog_;
    AvailablePhotos available_;
    std::mutex styles_mutex_, vectors_mutex_;
    std::shared_ptr<StyleSpace> styles_;
};

VectorKey content_key(const ImageTextModel& model);

}  // namespace hone
