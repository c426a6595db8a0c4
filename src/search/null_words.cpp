#include "search/null_words.hpp"

#include <array>

namespace hone {

namespace {

// CLIP's own factor before its softmax (Radford et al. 2021: the temperature is clipped at 100, and ends there).
constexpr double kScale = 100;

// Common nouns, by hand.
constexpr auto kWords = std::to_array<std::string_view>({
    "accordion", "airplane", "airport", "alley", "anchor", "ant", "apple", "apron", "aquarium", "arch",
    "armchair", "arrow", "art gallery", "ashtray", "avocado", "axe", "baby", "backpack", "badge", "bag",
    "bakery", "balcony", "ball", "ballet", "balloon", "banana", "band", "bandage", "bank", "bar",
    "barbecue", "barn", "barrel", "baseball", "basket", "basketball", "bat", "bathroom", "bathtub",
    "battery", "beach", "bead", "bean", "bear", "beard", "beaver", "bed", "bedroom", "bee", "beer",
    "beetle", "bell", "belt", "bench", "bicycle", "billboard", "binoculars", "bird", "birthday cake",
    "blackboard", "blanket", "blender", "blueprint", "boat", "boiler", "bone", "book", "bookshelf", "boot",
    "bottle", "bow", "bowl", "box", "boxer", "bracelet", "branch", "bread", "brick wall", "bride", "bridge",
    "broccoli", "broom", "brush", "bucket", "buffalo", "building", "bull", "bulldozer", "bus", "bus stop",
    "bush", "butcher", "butter", "butterfly", "button", "cabbage", "cabin", "cabinet", "cable", "cactus",
    "cafe", "cage", "cake", "calculator", "calendar", "camel", "camera", "campfire", "can", "candle",
    "candy", "canoe", "canyon", "car", "car park", "card", "cargo ship", "carnival", "carpet", "carrot",
    "cartoon", "castle", "cat", "cathedral", "cave", "ceiling", "cello", "cemetery", "chain", "chair",
    "chandelier", "cheese", "chef", "cherry", "chess board", "chicken", "child", "chimney", "chocolate",
    "church", "cigarette", "circus", "city", "city at night", "classroom", "cliff", "clock", "closet",
    "cloth", "cloud", "clown", "coast", "coat", "cobweb", "cockpit", "coconut", "coffee", "coin", "comb",
    "compass", "computer", "concert", "construction site", "cook", "cookie", "coral", "corn", "corridor",
    "cotton", "couch", "couple", "cow", "cowboy", "crab", "crane", "crayon", "crocodile", "cross",
    "crossroads", "crowd", "crown", "cup", "curtain", "cushion", "cyclist", "dam", "dance", "dart", "deer",
    "dentist", "desert", "desk", "diagram", "dice", "dinosaur", "dish", "diver", "doctor", "document",
    "dog", "doll", "dolphin", "donkey", "donut", "door", "dragon", "drawing", "dress", "drill", "drink",
    "drum", "duck", "dumpling", "eagle", "ear", "egg", "elephant", "elevator", "engine", "envelope",
    "escalator", "eye", "face", "factory", "family", "fan", "farm", "farmer", "feather", "fence", "fern",
    "ferris wheel", "field", "fire", "fire engine", "fireplace", "fireworks", "fish", "fisherman", "flag",
    "flame", "flood", "floor", "flower", "flute", "fly", "fog", "football", "fork", "fountain", "fox",
    "frame", "freezer", "fridge", "frog", "fruit", "funeral", "fur", "game", "garage", "garden",
    "gas station", "gate", "ghost", "giraffe", "glacier", "glass", "glasses", "globe", "glove", "goat",
    "goldfish", "golf", "goose", "gorilla", "graffiti", "grape", "grass", "grave", "greenhouse", "guitar",
    "gun", "gymnasium", "hair", "haircut", "hairdryer", "hallway", "ham", "hamburger", "hammer", "hammock",
    "hand", "handbag", "handwriting", "harbour", "harp", "hat", "hay", "headphones", "heart", "hedge",
    "hedgehog", "helicopter", "helmet", "hen", "hiker", "hill", "hippopotamus", "hockey", "honey", "hook",
    "horse", "hospital", "hot air balloon", "hot dog", "hotel", "house", "ice", "ice cream", "iceberg",
    "icon", "insect", "iron", "island", "ivy", "jacket", "jar", "jeans", "jellyfish", "jewel", "juggler",
    "jungle", "kangaroo", "kettle", "key", "keyboard", "kitchen", "kite", "kitten", "knife", "knot",
    "label", "laboratory", "ladder", "lake", "lamp", "laptop", "lawn", "lawn mower", "leaf", "leather",
    "lecture", "lemon", "leopard", "letter", "lettuce", "library", "light bulb", "lighthouse", "lightning",
    "lime", "lion", "lipstick", "living room", "lizard", "lobster", "lock", "log", "logo", "machine",
    "magazine", "magnet", "man", "map", "market", "mask", "meadow", "meat", "mechanic", "medal", "menu",
    "meteor", "microphone", "microscope", "microwave", "milk", "mirror", "missile", "mobile phone", "money",
    "monitor", "monk", "monkey", "monument", "moon", "moose", "mosque", "mosquito", "motorbike", "mountain",
    "mouse", "moustache", "mouth", "mud", "mug", "museum", "mushroom", "musician", "nail", "necklace",
    "needle", "nest", "net", "newspaper", "night sky", "noodles", "nose", "notebook", "nurse", "nut",
    "ocean", "octopus", "office", "oil painting", "olive", "onion", "opera", "orange", "orchestra",
    "orchid", "ostrich", "oven", "owl", "package", "page", "paint", "painter", "palace", "palm tree", "pan",
    "panda", "paper", "parachute", "parade", "park", "parrot", "party", "passport", "pasta", "path", "paw",
    "peach", "peacock", "peanut", "pear", "pen", "pencil", "penguin", "people", "pepper", "piano", "picnic",
    "picture frame", "pie", "pig", "pigeon", "pillow", "pine cone", "pipe", "pirate", "pizza",
    "plane wreck", "planet", "plant", "plate", "playground", "pocket", "poker", "police officer", "pond",
    "pony", "pool", "portrait", "poster", "pot", "potato", "power plant", "printer", "prison", "puddle",
    "pumpkin", "puppet", "puzzle", "pyramid", "rabbit", "raccoon", "racing car", "radio", "railway",
    "raincoat", "rainbow", "rat", "razor", "receipt", "restaurant", "rhinoceros", "ribbon", "rice", "rifle",
    "ring", "river", "road", "robot", "rocket", "rocks", "roof", "rooster", "rope", "rose", "ruin", "rug",
    "ruler", "runner", "sail", "sailor", "salad", "sand", "sandal", "sandwich", "satellite", "saucepan",
    "sausage", "saw", "saxophone", "scarf", "school", "scissors", "scooter", "scorpion", "screen",
    "screenshot", "screw", "sculpture", "sea", "seal", "seashell", "seed", "shark", "sheep", "shelf",
    "shell", "ship", "shirt", "shoe", "shop", "shopping cart", "shore", "shorts", "shower", "shrimp",
    "sign", "sink", "skateboard", "skeleton", "skier", "skirt", "skull", "sky", "skyscraper",
    "sleeping person", "slide", "smoke", "snail", "snake", "snow", "snowboard", "snowman", "soap", "soccer",
    "sock", "soldier", "soup", "spaceship", "spider", "spiral", "spoon", "square", "squirrel", "stadium",
    "stage", "stairs", "stamp", "star", "starfish", "statue", "steak", "stone", "stool", "storm", "stove",
    "strawberry", "street", "street lamp", "student", "submarine", "suit", "suitcase", "sun", "sunflower",
    "sunglasses", "sunset", "supermarket", "surfer", "sushi", "swan", "sweater", "swimmer", "swing",
    "sword", "table", "tail", "tank", "tattoo", "taxi", "tea", "teacher", "teapot", "teddy bear",
    "telephone", "telescope", "television", "temple", "tennis", "tent", "text", "theatre", "thread",
    "ticket", "tie", "tiger", "tile", "toast", "toilet", "tomato", "tools", "toothbrush", "torch", "tower",
    "town", "towel", "toy", "tractor", "traffic jam", "traffic light", "trailer", "train", "train station",
    "tram", "tree", "trophy", "truck", "trumpet", "tunnel", "turkey", "turtle", "typewriter", "umbrella",
    "uniform", "van", "vase", "vegetables", "vest", "village", "vine", "violin", "volcano", "vulture",
    "waiter", "wall", "wallet", "wardrobe", "warehouse", "washing machine", "watch", "water", "waterfall",
    "watermelon", "wave", "wedding", "well", "whale", "wheel", "wheelchair", "whisk", "windmill", "window",
    "wine", "witch", "wolf", "woman", "wood", "wool", "workshop", "worm", "wrench", "X-ray", "yacht",
    "yoga", "zebra", "zoo",
});

}  // namespace

std::span<const std::string_view> null_words() {
    return kWords;
}

Result<std::shared_ptr<const NullBank>> load_null_bank(const fs::path& vectors, ImageTextModel& model, bool writable) {
    const auto dimension = static_cast<std::size_t>(model.dimension());
    auto space = VectorSpace::open(vectors, "null-words", model.fingerprint(), dimension, writable, ScanElement::kF32);
    if (!space) {
        if (writable) return std::unexpected(std::move(space).error());
        return nullptr;
    }
    for (std::uint32_t word = 0; writable && word < kWords.size(); ++word) {
        if ((*space)->find(word)) continue;
        HONE_TRY(const std::vector<float> vector, model.embed_text(fmt::format("a {}", kWords[word])));
        HONE_CHECK((*space)->append(std::span(&word, 1), vector));
    }
    const SpaceView view = (*space)->view();
    if (view.size() < kWords.size()) return nullptr;
    std::vector<float> all;
    for (std::size_t row = 0; row < kWords.size(); ++row) {
        const auto values = view.values(row);
        all.insert(all.end(), values.begin(), values.end());
    }
    return std::make_shared<const NullBank>(all, dimension, kScale);
}

}  // namespace hone
