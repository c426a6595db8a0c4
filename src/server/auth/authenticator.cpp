// SPDX-License-Identifier: GPL-3.0-or-later
// Checks hosts, origins, credentials and proxies of requests.
#include "server/auth/authenticator.hpp"

#include <sodium.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "base/time.hpp"
#include "server/answer.hpp"

namespace hone {

using nlohmann::json;
namespace ip = boost::asio::ip;

namespace {

constexpr std::size_t kSecretDigits = 64;

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

// Parses an address. An IPv4 address that came over an IPv6 socket becomes the IPv4 address.
std::optional<ip::address> address_of(std::string_view text) {
    boost::system::error_code error;
    const ip::address address = ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

// Returns "photos.example.org" for "photos.example.org:3000", "[::1]" for "[::1]:3000".
std::string_view name_of(std::string_view authority) {
    if (authority.starts_with('['))
        return authority.substr(0, std::min(authority.find(']') + 1, authority.size()));
    return authority.substr(0, authority.find(':'));
}

// Parses the address in "192.168.1.5" or "[fe80::1]".
std::optional<ip::address> literal(std::string_view name) {
    if (name.starts_with('[') && name.ends_with(']')) return address_of(name.substr(1, name.size() - 2));
    const auto address = address_of(name);
    return address && address->is_v4() ? address : std::nullopt;
}

// Adds the port that the scheme implies.
std::string with_port(std::string_view authority, bool https) {
    const std::string_view name = name_of(authority);
    return lower(authority.size() > name.size() ? std::string(authority)
                                                : fmt::format("{}:{}", name, https ? 443 : 80));
}

bool changes(const HttpRequest& request) {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

bool same_origin(const HttpRequest& request) {
    const std::string_view origin = request.header("origin");
    const std::size_t scheme = origin.find("://");
    if (scheme == std::string_view::npos) return false;  // also for "null"
    const bool https = origin.substr(0, scheme) == "https";
    return (https || origin.substr(0, scheme) == "http") &&
           with_port(origin.substr(scheme + 3), https) == with_port(request.header("host"), https);
}

bool is_secret(std::string_view text) {
    return text.size() == kSecretDigits &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Returns the token in "Authorization: Bearer ...", or std::nullopt without such a header. (Basic may belong
// to a proxy.)
std::optional<std::string_view> bearer(const HttpRequest& request) {
    constexpr std::string_view kScheme = "bearer";
    const std::string_view value = request.header("authorization");
    if (value.size() < kScheme.size() || lower(value.substr(0, kScheme.size())) != kScheme)
        return std::nullopt;
    return trimmed(value.substr(kScheme.size()));
}

}  // namespace

bool is_address(const std::string& text) {
    return address_of(text).has_value();
}

bool is_loopback(const std::string& address) {
    const auto parsed = address_of(address);
    return parsed && parsed->is_loopback();
}

namespace {

// One household has a whole /64 of IPv6.
std::string household_of(const std::string& text) {
    const auto address = address_of(text);
    if (!address) return text;
    if (address->is_v6()) return ip::network_v6(address->to_v6(), 64).canonical().to_string();
    return address->to_string();
}

}  // namespace

struct Authenticator::Proxies {
    std::vector<ip::network_v4> four;
    std::vector<ip::network_v6> six;

    Result<> add(const std::string& text) {
        boost::system::error_code error;
        if (const auto address = address_of(text)) {
            if (address->is_v4())
                four.emplace_back(address->to_v4(), 32);
            else
                six.emplace_back(address->to_v6(), 128);
            return {};
        }
        if (const auto network = ip::make_network_v4(text, error); !error) {
            four.push_back(network.canonical());
        } else if (const auto network6 = ip::make_network_v6(text, error); !error) {
            six.push_back(network6.canonical());
        } else {
            return fail(ErrorKind::kUsage,
                        "--trusted-proxy {} is not an address; use for example 192.168.1.2 or 172.16.0.0/12",
                        text);
        }
        return {};
    }

    [[nodiscard]] bool trust(std::string_view text) const {
        const auto address = address_of(text);
        if (!address) return false;
        if (address->is_v4()) {
            return std::ranges::any_of(four, [&](const ip::network_v4& network) {
                return ip::network_v4(address->to_v4(), network.prefix_length()).network() ==
                       network.network();
            });
        }
        return std::ranges::any_of(six, [&](const ip::network_v6& network) {
            return ip::network_v6(address->to_v6(), network.prefix_length()).network() == network.network();
        });
    }
};

Authenticator::Authenticator(Users& users, AuthenticatorOptions options, const std::string& machine_secret,
                             Users::Clock clock, std::unique_ptr<Proxies> proxies)
    : users_(users),
      options_(std::move(options)),
      machine_hash_(sha256(machine_secret)),
      clock_(clock ? std::move(clock) : unix_seconds),
      proxies_(std::move(proxies)) {}

Authenticator::~Authenticator() = default;

Result<std::unique_ptr<Authenticator>> Authenticator::make(Users& users, AuthenticatorOptions options,
                                                           const std::string& machine_secret,
                                                           Users::Clock clock) {
    auto proxies = std::make_unique<Proxies>();
    for (const std::string& proxy : options.proxies) HONE_CHECK(proxies->add(proxy));
    for (std::string& name : options.host_names) {
        const bool wrong = name.empty() || std::ranges::any_of(name, [](unsigned char c) {
                               return !(std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_');
                           });
        if (wrong)
            return fail(
                ErrorKind::kUsage,
                "--host-name {} is not the name of a machine; give it without scheme and port, for example "
                "photos.example.org",
                name);
        name = lower(name);
    }
    return std::unique_ptr<Authenticator>(
        new Authenticator(users, std::move(options), machine_secret, std::move(clock), std::move(proxies)));
}

Result<> Authenticator::check_site(const HttpRequest& request) const {
    // A name that was rebound to this machine appears in Host. Addresses cannot be rebound.
    const std::string host = lower(name_of(request.header("host")));
    const auto address = literal(host), listened = address_of(options_.address);
    const bool this_machine = is_loopback(options_.address);
    const bool local = host == "localhost" || host == "127.0.0.1" || host == "[::1]";
    const bool known = std::ranges::find(options_.host_names, host) != options_.host_names.end() ||
                       (address && address == listened) ||
                       (listened && listened->is_unspecified() && (address || host == "localhost")) ||
                       (this_machine && local);
    if (!known) {
        return fail(ErrorKind::kUsage, "Hone does not answer as '{}', only as {}; --host-name adds a name",
                    host.substr(0, 80),
                    this_machine                             ? "localhost or 127.0.0.1"
                    : listened && listened->is_unspecified() ? "an address"
                                                             : options_.address);
    }
    if (!request.header("origin").empty() &&
        (!same_origin(request) || (secure(request) && request.header("origin").starts_with("http:"))))
        return fail(ErrorKind::kUsage, "requests from other sites are refused");
    const std::string_view site = request.header("sec-fetch-site");
    if (changes(request) && (site == "cross-site" || site == "same-site"))
        return fail(ErrorKind::kUsage, "requests from other sites are refused");
    return {};
}

Result<> Authenticator::check_own_page(const HttpRequest& request, const Principal& principal) {
    if (principal.how != Principal::How::kSession || !changes(request)) return {};
    // check_site() has already refused a foreign Origin.
    if (!request.header("origin").empty() || request.header("sec-fetch-site") == "same-origin") return {};
    return fail(
        ErrorKind::kUsage,
        "a change with a session's cookie needs the Origin of Hone's own pages; programs use a token");
}

Result<bool> Authenticator::open() const {
    // A configured host name or proxy admits other machines.
    if (!is_loopback(options_.address) || !options_.host_names.empty() || !options_.proxies.empty())
        return false;
    HONE_TRY(const bool any, users_.any());
    return !any;
}

Result<Principal> Authenticator::principal_of(const HttpRequest& request) const {
    return principal_of(request, true);
}

Result<Principal> Authenticator::principal_of(const HttpRequest& request, bool touch) const {
    if (const auto secret = bearer(request)) {
        const Sha256 hash = sha256(*secret);
        if (sodium_memcmp(hash.data(), machine_hash_.data(), hash.size()) == 0)
            return Principal{Principal::How::kMachine, Role::kOwner, 0, ""};
        if (!is_secret(*secret)) return Principal{};
        HONE_TRY(const auto principal, users_.token(*secret, touch));
        return principal.value_or(Principal{});
    }
    HONE_TRY(const bool everybody, open());
    if (everybody) {
        // A proxy on this machine forwards requests of others, so a loopback peer proves nothing.
        if (!request.header("x-forwarded-for").empty() || !request.header("forwarded").empty())
            return Principal{};
        return Principal{Principal::How::kOpen, Role::kOwner, 0, ""};
    }
    const std::string secret = session_secret(request);
    if (!is_secret(secret)) return Principal{};
    HONE_TRY(const auto principal, users_.session(secret, touch));
    return principal.value_or(Principal{});
}

std::function<bool()> Authenticator::watch(const HttpRequest& request, const Principal& principal) const {
    HttpRequest kept;  // without the body
    kept.headers = request.headers;
    kept.peer = request.peer;
    kept.tls = request.tls;
    return [this, kept = std::move(kept), principal] {
        const auto now = principal_of(kept, false);
        return now && now->how == principal.how && now->user == principal.user && now->role == principal.role;
    };
}

std::string Authenticator::client_of(const HttpRequest& request) const {
    std::string client = request.peer;
    std::string_view forwarded = request.header("x-forwarded-for");
    // From the right: each trusted proxy reports its own client.
    while (proxies_->trust(client) && !forwarded.empty()) {
        const std::size_t comma = forwarded.rfind(',');
        const std::string_view last =
            trimmed(comma == std::string_view::npos ? forwarded : forwarded.substr(comma + 1));
        if (!address_of(last)) break;
        client = last;
        forwarded = comma == std::string_view::npos ? std::string_view{} : forwarded.substr(0, comma);
    }
    return household_of(client);
}

std::string Authenticator::limited_client_of(const std::string& peer) const {
    return is_loopback(peer) || proxies_->trust(peer) ? "" : household_of(peer);
}

bool Authenticator::secure(const HttpRequest& request) const {
    if (request.tls) return true;
    const std::string_view protocol = request.header("x-forwarded-proto");
    const std::size_t comma = protocol.rfind(',');
    return proxies_->trust(request.peer) &&
           lower(trimmed(comma == std::string_view::npos ? protocol : protocol.substr(comma + 1))) == "https";
}

std::string Authenticator::cookie_name(const HttpRequest& request) const {
    // With this prefix, the browser accepts the cookie only from this host over TLS.
    return secure(request) ? "__Host-hone_session" : "hone_session";
}

std::string Authenticator::session_secret(const HttpRequest& request) const {
    const std::string name = cookie_name(request);
    std::string_view rest = request.header("cookie");
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view pair = trimmed(rest.substr(0, end));
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return std::string(pair.substr(equals + 1));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return "";
}

SessionFacts Authenticator::describe(const Principal& principal) {
    const bool signed_in =
        principal.how == Principal::How::kSession || principal.how == Principal::How::kToken;
    return {principal.how == Principal::How::kUnknown,
            signed_in ? std::optional(principal.name) : std::nullopt, principal.role,
            principal.how == Principal::How::kSession};
}

HttpResponse Authenticator::sign_in(const HttpRequest& request) {
    const auto wish = parse_sign_in(json::parse(request.body, nullptr, false));
    if (!wish) return problem(400, wish.error().message);
    const auto any = users_.any();
    if (!any) return problem(500, "the users cannot be read; the reason is in Hone's log");
    if (!*any) return problem(409, "no user is set up; `hone users add NAME` on the server makes one");
    const std::string user = lower(wish->name.substr(0, kLongestName)), client = client_of(request);
    if (const auto wait = throttle_.begin(user, client, clock_())) {
        HttpResponse response =
            problem(429, fmt::format("too many wrong passwords; try again in {} seconds", *wait));
        response.headers.emplace_back("Retry-After", std::to_string(*wait));
        return response;
    }
    const auto found = users_.check(wish->name, wish->password);
    if (!found) {
        if (found.error().kind != ErrorKind::kUnavailable) {
            log::write(log::Level::kError, found.error().message);
            return problem(500, "the users cannot be read; the reason is in Hone's log");
        }
        HttpResponse response = problem(429, found.error().message);
        response.headers.emplace_back("Retry-After", "1");
        return response;
    }
    if (!*found) {
        log::write(log::Level::kWarning, fmt::format("wrong name or password from {}", client));
        return problem(401, "wrong name or password");
    }
    throttle_.succeeded(user, client);
    if (const std::string old = session_secret(request); is_secret(old)) (void)users_.end_session(old);
    const auto secret = users_.begin_session((*found)->id);
    if (!secret) {
        log::write(log::Level::kError, secret.error().message);
        return problem(500, "the session cannot be kept; the reason is in Hone's log");
    }
    const Principal principal{Principal::How::kSession, (*found)->role, (*found)->id, (*found)->name};
    HttpResponse response = json_response(200, to_document(describe(principal)), (*found)->role, {});
    response.headers.emplace_back(
        "Set-Cookie",
        fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", cookie_name(request), *secret,
                    kSessionLongest, secure(request) ? "; Secure" : ""));
    return response;
}

HttpResponse Authenticator::sign_out(const HttpRequest& request) {
    if (const std::string secret = session_secret(request); is_secret(secret)) {
        if (const auto ended = users_.end_session(secret); !ended) {
            log::write(log::Level::kError, ended.error().message);
            return problem(500, "the session could not be ended; the reason is in Hone's log");
        }
    }
    HttpResponse response;
    response.status = 204;
    response.headers = {{"Set-Cookie", fmt::format("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}",
                                                   cookie_name(request), secure(request) ? "; Secure" : "")}};
    return response;
}

}  // namespace hone
