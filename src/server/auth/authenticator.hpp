// From a request to who asks: Host and Origin, the session's cookie, API tokens; and signing in and out.
// docs/sign-in.md says what is accepted and why.
#pragma once

#include "base/sha256.hpp"
#include "server/auth/throttle.hpp"
#include "server/auth/users.hpp"
#include "server/http_server.hpp"

namespace hone {

// What --listen, --host-name and --trusted-proxy say.
struct AuthenticatorOptions {
    std::string address = "127.0.0.1";    // that is listened on
    std::vector<std::string> host_names;  // further names of this server
    std::vector<std::string> proxies;  // addresses or networks (10.0.0.0/8) whose X-Forwarded-* is believed
};

bool is_address(const std::string& text);
bool is_loopback(const std::string& address);

// Safe from any thread.
class Authenticator {
  public:
    // kUsage: a name or a network that is none. machine_secret: of serve.key. users outlives the gate.
    static Result<std::unique_ptr<Authenticator>> make(Users& users, AuthenticatorOptions options,
                                              const std::string& machine_secret, Users::Clock clock = {});
    ~Authenticator();

    // What must be refused whoever asks: foreign names (DNS rebinding) and requests of foreign pages.
    Result<> check_site(const HttpRequest& request) const;
    // Who asks; nobody when the credential is missing, unknown, over or malformed.
    Result<Principal> principal_of(const HttpRequest& request) const;
    // A cookie goes with a request whoever made the page; a request that changes something must show that it
    // comes from our own pages.
    static Result<> check_own_page(const HttpRequest& request, const Principal& principal);
    // Whether the same credential still opens the door to the same subject; for what outlives a request.
    std::function<bool()> watch(const HttpRequest& request, const Principal& principal) const;

    // Answers to the routes of /api/v1/session.
    HttpResponse who(const HttpRequest& request, const Principal& principal) const;
    HttpResponse sign_in(const HttpRequest& request);
    HttpResponse sign_out(const HttpRequest& request);

    // Whether nobody has to sign in: no user is set up, and only this machine can ask.
    Result<bool> open() const;
    // Who asks, for the throttle: the peer, or the one a trusted proxy names.
    std::string client_of(const HttpRequest& request) const;
    // Whose connections are counted together (HttpOptions::client_of): this machine and proxies that speak
    // for many have no limit.
    std::string limited_client_of(const std::string& peer) const;
    bool secure(const HttpRequest& request) const;

  private:
    struct Proxies;
    Authenticator(Users& users, AuthenticatorOptions options, const std::string& machine_secret, Users::Clock clock,
         std::unique_ptr<Proxies> proxies);
    std::string cookie_name(const HttpRequest& request) const;
    std::string session_secret(const HttpRequest& request) const;
    Result<Principal> principal_of(const HttpRequest& request, bool touch) const;

    Users& users_;
    const AuthenticatorOptions options_;
    const Sha256 machine_hash_;
    Users::Clock clock_;
    std::unique_ptr<Proxies> proxies_;
    Throttle throttle_;
};

}  // namespace hone
