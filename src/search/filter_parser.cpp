// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of the filter language, its recursive-descent parser, and the canonical form.
#include "search/filter_parser.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>

#include "photo/metadata_text.hpp"

namespace hone {

namespace {

using std::string_view_literals::operator""sv;

enum class ValueKind { kText, kChoice, kNumber, kDays, kCircle };

struct FieldRule {
    std::string_view name;
    FilterField field;
    ValueKind kind;
    std::string_view choices = {};              // "a, b"; for kChoice
    std::string_view prefix = {}, suffix = {};  // optional text around numbers
};

constexpr std::string_view kFormats =
    "jpeg, png, webp, gif, tiff, bmp, heif, avif, jxl, jpeg2000, raw, dng, cr2, cr3, nef, arw, raf, orf, rw2";

constexpr std::array kFields = {
    FieldRule{"words", FilterField::kWords, ValueKind::kText},
    FieldRule{"taken", FilterField::kTaken, ValueKind::kDays},
    FieldRule{"camera", FilterField::kCamera, ValueKind::kText},
    FieldRule{"lens", FilterField::kLens, ValueKind::kText},
    FieldRule{"rating", FilterField::kRating, ValueKind::kNumber},
    FieldRule{"folder", FilterField::kFolder, ValueKind::kText},
    FieldRule{"name", FilterField::kName, ValueKind::kText},
    FieldRule{"near", FilterField::kNear, ValueKind::kCircle},
    FieldRule{"format", FilterField::kFormat, ValueKind::kChoice, kFormats},
    FieldRule{"title", FilterField::kTitle, ValueKind::kText},
    FieldRule{"keyword", FilterField::kKeyword, ValueKind::kText},
    FieldRule{"people", FilterField::kPeople, ValueKind::kText},
    FieldRule{"only", FilterField::kOnly, ValueKind::kText},
    FieldRule{"faces", FilterField::kFaces, ValueKind::kNumber},
    FieldRule{"age", FilterField::kAge, ValueKind::kNumber},
    FieldRule{"has", FilterField::kHas, ValueKind::kChoice, "gps, title, keyword, rating, date, camera"},
    FieldRule{"iso", FilterField::kIso, ValueKind::kNumber},
    FieldRule{"aperture", FilterField::kAperture, ValueKind::kNumber, {}, "f/"},
    FieldRule{"focal", FilterField::kFocal, ValueKind::kNumber, {}, {}, "mm"},
    FieldRule{"exposure", FilterField::kExposure, ValueKind::kNumber, {}, {}, "s"},
    FieldRule{"width", FilterField::kWidth, ValueKind::kNumber},
    FieldRule{"height", FilterField::kHeight, ValueKind::kNumber},
    FieldRule{"megapixels", FilterField::kMegapixels, ValueKind::kNumber},
    FieldRule{"orientation", FilterField::kOrientation, ValueKind::kChoice,
              "landscape, portrait, square, panorama"},
    FieldRule{"copies", FilterField::kCopies, ValueKind::kNumber},
    FieldRule{"is", FilterField::kIs, ValueKind::kChoice, "raw, unreachable, motion"},
};

// Other spellings of format names.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOtherFormats = {
    {{"jpg", "jpeg"}, {"tif", "tiff"}, {"heic", "heif"}, {"jp2", "jpeg2000"}, {"jpegxl", "jxl"}}};

const FieldRule& rule_of(FilterField field) {
    return *std::ranges::find(kFields, field, &FieldRule::field);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return out;
}

bool is_blank(char c) {
    return static_cast<unsigned char>(c) <= ' ';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word_character(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

// The number of insertions, deletions and changes of one letter (V. I. Levenshtein, 1966).
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t above = 0; above < one.size(); ++above) {
        std::size_t diagonal = row[0];
        row[0] = above + 1;
        for (std::size_t left = 0; left < other.size(); ++left) {
            const std::size_t changed = diagonal + (one[above] == other[left] ? 0 : 1);
            diagonal = row[left + 1];
            row[left + 1] = std::min({changed, row[left] + 1, diagonal + 1});
        }
    }
    return row.back();
}

// Returns the names in a list "a, b, c".
std::vector<std::string_view> names_in(std::string_view list) {
    std::vector<std::string_view> names;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(", "), list.size());
        names.push_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 2, list.size()));
    }
    return names;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& names) {
    const auto best = std::ranges::min_element(names, {}, [&](auto name) { return distance(word, name); });
    const bool close = best != names.end() && distance(word, *best) <= (word.size() < 5 ? 1U : 2U);
    return close ? *best : std::string_view();
}

std::int64_t midnight(std::chrono::sys_days day) {
    return std::chrono::sys_seconds(day).time_since_epoch().count();
}

// "2019", "2019-05", "2019-05-01" -> its first day, and the day after its last.
std::optional<std::pair<std::int64_t, std::int64_t>> period(std::string_view text) {
    using namespace std::chrono;
    const auto digits = [&](std::size_t from, std::size_t count) -> int {
        int value = 0;
        for (const char c : text.substr(from, count)) {
            if (c < '0' || c > '9') return -1;
            value = value * 10 + (c - '0');
        }
        return value;
    };
    if (text.size() != 4 && text.size() != 7 && text.size() != 10) return std::nullopt;
    const int number = digits(0, 4);
    if (number < 1) return std::nullopt;
    const std::chrono::year whole_year(number);
    if (text.size() == 4)
        return std::pair(midnight(whole_year / 1 / 1), midnight((whole_year + years(1)) / 1 / 1));
    if (text[4] != '-' || digits(5, 2) < 1) return std::nullopt;
    const year_month whole_month = whole_year / month(static_cast<unsigned>(digits(5, 2)));
    if (!whole_month.ok()) return std::nullopt;
    if (text.size() == 7)
        return std::pair(midnight(whole_month / 1), midnight((whole_month + months(1)) / 1));
    if (text[7] != '-' || digits(8, 2) < 1) return std::nullopt;
    const year_month_day day = whole_month / static_cast<int>(digits(8, 2));
    if (!day.ok()) return std::nullopt;
    return std::pair(midnight(day), midnight(sys_days(day) + days(1)));
}

// A piece of text between quotation marks or blanks, with its position.
struct Piece {
    std::string text;
    std::size_t at = 0;  // byte
    bool quoted = false;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<PhotoFilter> parse() {
        HONE_TRY(PhotoFilter filter, any(0));
        skip_blanks();
        if (at_ < text_.size()) return wrong(at_, "this closing bracket has no opening one");
        return filter;
    }

  private:
    // a OR b
    Result<PhotoFilter> any(int depth) {
        std::vector<PhotoFilter> parts;
        while (true) {
            HONE_TRY(PhotoFilter part, all(depth, !parts.empty()));
            append(parts, std::move(part), PhotoFilter::Kind::kOr);
            if (!take_word("OR")) break;
        }
        return joined(PhotoFilter::Kind::kOr, std::move(parts));
    }

    // a b, a AND b. Empty only where no term is expected.
    Result<PhotoFilter> all(int depth, bool after_or) {
        std::vector<PhotoFilter> parts;
        bool expected = after_or;
        std::string_view before = "OR";
        while (true) {
            skip_blanks();
            if (at_ >= text_.size() || text_[at_] == ')' || at_word("OR")) {
                if (expected) return wrong(at_, "a term is missing after {}", before);
                if (parts.empty() && at_word("OR")) return wrong(at_, "a term is missing before OR");
                break;
            }
            if (at_word("AND")) {
                if (parts.empty() || expected) return wrong(at_, "a term is missing before AND");
                take_word("AND");
                expected = true;
                before = "AND";
                continue;
            }
            HONE_TRY(PhotoFilter part, one(depth));
            append(parts, std::move(part), PhotoFilter::Kind::kAnd);
            expected = false;
        }
        return joined(PhotoFilter::Kind::kAnd, std::move(parts));
    }

    // NOT a, -a, (a), a term
    Result<PhotoFilter> one(int depth) {
        const std::size_t start = at_;
        if (depth >= kDeepestFilter)
            return wrong(start, "more than {} brackets and NOTs within each other", kDeepestFilter);
        const bool word = take_word("NOT");
        if (word || text_[at_] == '-') {
            if (!word) ++at_;
            if (word) skip_blanks();
            if (at_ >= text_.size() || text_[at_] == ')' || is_blank(text_[at_]) || at_word("AND") ||
                at_word("OR"))
                return wrong(start, "a term is missing after {}", word ? "NOT" : "-");
            HONE_TRY(PhotoFilter inner, one(depth + 1));
            if (inner.kind == PhotoFilter::Kind::kNot) return PhotoFilter(std::move(inner.parts.front()));
            PhotoFilter filter{PhotoFilter::Kind::kNot, {}, {}};
            filter.parts.push_back(std::move(inner));
            return filter;
        }
        if (text_[at_] == '(') {
            ++at_;
            HONE_TRY(PhotoFilter inner, any(depth + 1));
            skip_blanks();
            if (at_ >= text_.size()) return wrong(start, "this bracket is not closed");
            ++at_;
            if (inner.kind == PhotoFilter::Kind::kAnd && inner.parts.empty())
                return wrong(start, "these brackets are empty");
            return inner;
        }
        return term();
    }

    Result<PhotoFilter> term() {
        const std::size_t start = at_;
        std::size_t end = at_;
        while (end < text_.size() && is_letter(text_[end])) ++end;
        FilterTerm term;
        if (end > start && end < text_.size() && text_[end] == ':') {
            const std::string name = lower(text_.substr(start, end - start));
            const auto rule = std::ranges::find(kFields, std::string_view(name), &FieldRule::name);
            if (rule == kFields.end()) return no_field(start, name);
            at_ = end + 1;
            term.field = rule->field;
            HONE_TRY(term.values, values(*rule));
        } else {
            HONE_TRY(Piece piece, piece(false));
            HONE_TRY(FilterValue value, text_value(rule_of(FilterField::kWords), piece));
            term.values.push_back(std::move(value));
            HONE_CHECK(count_values(1, start));
        }
        if (at_ < text_.size() && text_[at_] == '(')
            return wrong(at_, "a bracket inside a word; put the word in quotation marks");
        PhotoFilter filter{PhotoFilter::Kind::kTerm, {}, {}};
        filter.term = std::move(term);
        return filter;
    }

    Result<std::vector<FilterValue>> values(const FieldRule& rule) {
        std::vector<Piece> pieces;
        do {
            HONE_TRY(Piece next, piece(true));
            if (next.text.empty())
                return wrong(next.at, "a value is missing after {}",
                             pieces.empty() ? std::string(rule.name) + ":" : ",");
            pieces.push_back(std::move(next));
        } while (take(','));
        HONE_CHECK(count_values(pieces.size(), pieces.front().at));
        std::vector<FilterValue> values;
        if (rule.kind == ValueKind::kCircle) {
            // "48.2,16.37,5km" in quotation marks is a single piece.
            if (pieces.size() == 1 && pieces.front().quoted) pieces = split(pieces.front());
            if (pieces.size() % 3 != 0)
                return wrong(pieces.front().at,
                             "near needs latitude, longitude and radius, as in near:48.2,16.37,5km");
            for (std::size_t piece = 0; piece < pieces.size(); piece += 3) {
                HONE_TRY(Circle circle, circle(pieces[piece], pieces[piece + 1], pieces[piece + 2]));
                values.emplace_back(circle);
            }
            return values;
        }
        for (const Piece& piece : pieces) {
            HONE_TRY(FilterValue value, one_value(rule, piece));
            values.push_back(std::move(value));
        }
        return values;
    }

    Result<FilterValue> one_value(const FieldRule& rule, const Piece& piece) {
        switch (rule.kind) {
            case ValueKind::kText:
                return text_value(rule, piece);
            case ValueKind::kChoice:
                return choice(rule, piece);
            case ValueKind::kNumber:
                return numbers(rule, piece);
            case ValueKind::kDays:
                return days(piece);
            case ValueKind::kCircle:
                break;
        }
        return wrong(piece.at, "unreadable");
    }

    Result<FilterValue> text_value(const FieldRule& rule, const Piece& piece) {
        if (std::ranges::all_of(piece.text, is_blank)) return wrong(piece.at, "a text is empty");
        if (rule.field == FilterField::kWords && std::ranges::none_of(piece.text, is_word_character))
            return wrong(piece.at, "'{}' has no letter or digit to look for", piece.text);
        if (rule.field == FilterField::kFolder &&
            std::ranges::all_of(piece.text, [](char c) { return c == '/'; }))
            return wrong(piece.at, "'{}' names no folder", piece.text);
        return FilterValue(piece.text);
    }

    Result<FilterValue> choice(const FieldRule& rule, const Piece& piece) {
        std::string word = lower(piece.text);
        if (rule.field == FilterField::kFormat) {
            const auto other = std::ranges::find(kOtherFormats, std::string_view(word),
                                                 &std::pair<std::string_view, std::string_view>::first);
            if (other != kOtherFormats.end()) word = other->second;
        }
        if (rule.field == FilterField::kHas && word == "keywords") word = "keyword";
        const auto names = names_in(rule.choices);
        if (std::ranges::find(names, word) == names.end())
            return wrong(piece.at, "{} cannot be '{}'; it is one of {}", rule.name, piece.text, rule.choices);
        return FilterValue(std::move(word));
    }

    Result<FilterValue> numbers(const FieldRule& rule, const Piece& piece) {
        const auto number = [&](std::string_view text) -> std::optional<double> {
            if (!rule.prefix.empty() && text.starts_with(rule.prefix)) text.remove_prefix(rule.prefix.size());
            if (!rule.suffix.empty() && text.ends_with(rule.suffix)) text.remove_suffix(rule.suffix.size());
            const auto value = parse_number(text);
            return value && *value >= 0 && *value <= 1e15 ? value : std::nullopt;
        };
        const auto unreadable = [&] {
            return wrong(piece.at, "{} cannot be '{}'; write {}:3, {}:>=3, {}:<3, {}:3..5, {}:3.. or {}:..5",
                         rule.name, piece.text, rule.name, rule.name, rule.name, rule.name, rule.name,
                         rule.name);
        };
        NumberRange range;
        std::string_view text = piece.text;
        if (text.starts_with('<') || text.starts_with('>')) {
            const bool upper = text.front() == '<', included = text.substr(1).starts_with('=');
            range.least_included = upper || included;
            range.most_included = !upper || included;
            (upper ? range.most : range.least) = number(text.substr(included ? 2 : 1));
            if (!range.least && !range.most) return unreadable();
            return FilterValue(range);
        }
        const std::size_t dots = text.find("..");
        if (dots == std::string_view::npos) {
            range.least = range.most = number(text);
            if (!range.least) return unreadable();
            return FilterValue(range);
        }
        const std::string_view from = text.substr(0, dots), to = text.substr(dots + 2);
        range.least = number(from);
        range.most = number(to);
        if ((!range.least && !from.empty()) || (!range.most && !to.empty()) || (from.empty() && to.empty()))
            return unreadable();
        if (range.least && range.most && *range.least > *range.most)
            return wrong(piece.at, "'{}' begins above its end", piece.text);
        return FilterValue(range);
    }

    Result<FilterValue> days(const Piece& piece) {
        const auto unreadable = [&](std::string_view part) {
            return wrong(
                piece.at,
                "'{}' is not a day, month or year; write 2019, 2019-05, 2019-05-01, 2019..2021, ..2018 "
                "or 2020..",
                part);
        };
        DayRange range;
        std::string_view text = piece.text;
        if (text.starts_with('<') || text.starts_with('>')) {
            const bool upper = text.front() == '<', included = text.substr(1).starts_with('=');
            const auto limit = period(text.substr(included ? 2 : 1));
            if (!limit) return unreadable(text.substr(included ? 2 : 1));
            if (upper)
                range.before = included ? limit->second : limit->first;
            else
                range.from = included ? limit->first : limit->second;
            return FilterValue(range);
        }
        const std::size_t dots = text.find("..");
        const std::string_view from = text.substr(0, dots),
                               to = dots == std::string_view::npos ? from : text.substr(dots + 2);
        if (from.empty() && to.empty()) return unreadable(text);
        if (!from.empty()) {
            const auto first = period(from);
            if (!first) return unreadable(from);
            range.from = first->first;
        }
        if (!to.empty()) {
            const auto last = period(to);
            if (!last) return unreadable(to);
            range.before = last->second;
        }
        if (range.from && range.before && *range.from >= *range.before)
            return wrong(piece.at, "'{}' begins after its end", piece.text);
        return FilterValue(range);
    }

    Result<Circle> circle(const Piece& latitude, const Piece& longitude, const Piece& radius) {
        Circle circle;
        const auto angle = [&](const Piece& piece, std::string_view name, double limit,
                               double& into) -> Result<> {
            const auto value = parse_number(piece.text);
            if (!value || !(std::abs(*value) <= limit))
                return wrong(piece.at, "the {} must be between -{} and {} degrees, not '{}'", name, limit,
                             limit, piece.text);
            into = *value;
            return {};
        };
        HONE_CHECK(angle(latitude, "latitude", 90, circle.latitude));
        HONE_CHECK(angle(longitude, "longitude", 180, circle.longitude));
        std::string_view text = radius.text;
        double unit = 1;
        if (text.ends_with("km")) {
            text.remove_suffix(2);
        } else if (text.ends_with('m')) {
            text.remove_suffix(1);
            unit = 0.001;
        }
        const auto value = parse_number(text);
        // Half the Earth's circumference is 20 015 km on the sphere used for distances.
        if (!value || !(*value * unit > 0 && *value * unit <= 20'016))
            return wrong(radius.at, "the radius must be a distance like 5km or 300m, not '{}'", radius.text);
        circle.radius_km = *value * unit;
        return circle;
    }

    // Reads up to a blank, a bracket or, inside values, a comma; or between quotation marks, where \ escapes
    // the next character.
    Result<Piece> piece(bool value) {
        Piece piece;
        piece.at = at_;
        if (!take('"')) {
            while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '(' && text_[at_] != ')' &&
                   !(value && text_[at_] == ',')) {
                if (text_[at_] == '"')
                    return wrong(at_, "a quotation mark inside a word; put it before the whole value");
                piece.text += text_[at_++];
            }
            return piece;
        }
        piece.quoted = true;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            piece.text += text_[at_++];
        }
        if (!take('"')) return wrong(piece.at, "this quotation mark is not closed");
        if (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != ')' && text_[at_] != '(' &&
            !(value && text_[at_] == ','))
            return wrong(at_, "a blank is missing after the quotation mark");
        if (piece.text.empty()) return wrong(piece.at, "a text is empty");
        return piece;
    }

    static std::vector<Piece> split(const Piece& whole) {
        std::vector<Piece> pieces;
        for (std::size_t from = 0; from <= whole.text.size();) {
            const std::size_t comma = std::min(whole.text.find(',', from), whole.text.size());
            pieces.push_back({whole.text.substr(from, comma - from), whole.at, false});
            from = comma + 1;
        }
        return pieces;
    }

    static void append(std::vector<PhotoFilter>& parts, PhotoFilter part, PhotoFilter::Kind kind) {
        if (part.kind != kind) {
            parts.push_back(std::move(part));
            return;
        }
        for (PhotoFilter& inner : part.parts) parts.push_back(std::move(inner));
    }
    static PhotoFilter joined(PhotoFilter::Kind kind, std::vector<PhotoFilter> parts) {
        if (parts.size() == 1) return PhotoFilter(std::move(parts.front()));
        PhotoFilter filter;
        // An empty filter matches everything.
        if (!parts.empty()) filter.kind = kind;
        filter.parts = std::move(parts);
        return filter;
    }

    Result<> count_values(std::size_t more, std::size_t at) {
        values_ += more;
        if (values_ > kMostFilterValues)
            return wrong(at, "more than {} values in one filter", kMostFilterValues);
        return {};
    }

    std::unexpected<Error> no_field(std::size_t at, const std::string& name) const {
        std::vector<std::string_view> names;
        std::string list;
        for (const FieldRule& rule : kFields) {
            names.push_back(rule.name);
            list += (list.empty() ? "" : ", ") + std::string(rule.name);
        }
        if (const auto close = nearest(name, names); !close.empty())
            return wrong(at, "there is no field '{}'; did you mean {}?", name, close);
        return wrong(at,
                     "there is no field '{}'; the fields are {}; put a text with a colon in quotation marks",
                     name, list);
    }

    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    // AND, OR and NOT are operators only as separate words in capitals; "or" is a search word.
    [[nodiscard]] bool at_word(std::string_view word) const {
        if (!text_.substr(at_).starts_with(word)) return false;
        const std::size_t after = at_ + word.size();
        return after >= text_.size() || is_blank(text_[after]) || text_[after] == '(' || text_[after] == ')';
    }
    bool take_word(std::string_view word) {
        skip_blanks();
        if (!at_word(word)) return false;
        at_ += word.size();
        return true;
    }

    template <typename... Args>
    std::unexpected<Error> wrong(std::size_t at, fmt::format_string<Args...> text, Args&&... args) const {
        return fail(ErrorKind::kUsage, "filter, column {}: {}", characters(text_.substr(0, at)) + 1,
                    fmt::format(text, std::forward<Args>(args)...));
    }

    std::string_view text_;
    std::size_t at_ = 0, values_ = 0;
};

// The canonical form.

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string day_text(std::int64_t seconds) {
    const std::chrono::year_month_day day(
        std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds))));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                       static_cast<unsigned>(day.day()));
}

std::string days_text(const DayRange& range) {
    const std::string first = range.from ? day_text(*range.from) : "",
                      last = range.before ? day_text(*range.before - 86'400) : "";
    if (range.from && range.before) {
        for (const std::size_t length : {4U, 7U, 10U}) {
            const auto whole = period(std::string_view(first).substr(0, length));
            if (whole && whole->first == *range.from && whole->second == *range.before)
                return first.substr(0, length);
        }
    }
    // Beyond the first and the last day that can be written.
    if (first.size() > 10) return ">9999";
    if (last.starts_with("0000")) return "<0001";
    return first + ".." + last;
}

std::string number_text(const NumberRange& range) {
    if (range.least && range.least == range.most) return fmt::format("{}", *range.least);
    if (!range.least_included) return fmt::format(">{}", range.least.value_or(0));
    if (!range.most_included) return fmt::format("<{}", range.most.value_or(0));
    return (range.least ? fmt::format("{}", *range.least) : "") + ".." +
           (range.most ? fmt::format("{}", *range.most) : "");
}

std::string value_text(const FilterTerm& term, const FilterValue& value) {
    if (const auto* const range = std::get_if<NumberRange>(&value)) return number_text(*range);
    if (const auto* const days = std::get_if<DayRange>(&value)) return days_text(*days);
    if (const auto* const circle = std::get_if<Circle>(&value))
        return fmt::format("{},{},{}km", circle->latitude, circle->longitude, circle->radius_km);
    const std::string& text = std::get<std::string>(value);
    const bool bare = term.field == FilterField::kWords && term.values.size() == 1;
    const bool plain = std::ranges::all_of(text, [&](char c) {
        return is_word_character(c) || (!bare && "-_.*/"sv.find(c) != std::string_view::npos);
    });
    return plain && text != "AND" && text != "OR" && text != "NOT" ? text : quoted(text);
}

std::string term_text(const FilterTerm& term) {
    std::string out;
    if (term.field != FilterField::kWords || term.values.size() != 1)
        out = std::string(field_name(term.field)) + ":";
    for (std::size_t value = 0; value < term.values.size(); ++value)
        out += (value > 0 ? "," : "") + value_text(term, term.values[value]);
    return out;
}

}  // namespace

std::string_view field_name(FilterField field) {
    return rule_of(field).name;
}

Result<PhotoFilter> parse_filter(std::string_view text) {
    if (!is_utf8(text)) return fail(ErrorKind::kUsage, "filter: the text is not valid UTF-8");
    if (const std::size_t length = characters(text); length > kLongestFilter)
        return fail(ErrorKind::kUsage, "filter: {} characters are too many; the limit is {}", length,
                    kLongestFilter);
    return Parser(text).parse();
}

std::string to_string(const PhotoFilter& filter) {
    switch (filter.kind) {
        case PhotoFilter::Kind::kTerm:
            return term_text(filter.term);
        case PhotoFilter::Kind::kNot: {
            if (filter.parts.empty()) return "";
            const PhotoFilter& inner = filter.parts.front();
            return inner.kind == PhotoFilter::Kind::kTerm ? "-" + to_string(inner)
                                                          : "-(" + to_string(inner) + ")";
        }
        case PhotoFilter::Kind::kAnd:
        case PhotoFilter::Kind::kOr:
            break;
    }
    const bool all = filter.kind == PhotoFilter::Kind::kAnd;
    std::string out;
    for (const PhotoFilter& part : filter.parts) {
        if (!out.empty()) out += all ? " " : " OR ";
        const bool bracket = all && part.kind == PhotoFilter::Kind::kOr;
        out += bracket ? "(" + to_string(part) + ")" : to_string(part);
    }
    return out;
}

}  // namespace hone
