// SPDX-License-Identifier: GPL-3.0-or-later
// Authenticates requests: checks Host and Origin, session cookies and API tokens, and handles signing in and
// out. docs/sign-in.md lists the accepted credentials and the reasons.
#pragma once

#include "base/sha256.hpp"
#include "server/auth/throttle.hpp"
#include "server/auth/users.hpp"
#include "server/http_server.hpp"

namespace hone {

// The values of --listen, --host-name and --trusted-proxy.
struct AuthenticatorOptions {
    std::string address = "127.0.0.1";    // the listening address
    std::vector<std::string> host_names;  // further names of this server
    // Addresses or networks (10.0.0.0/8) whose X-Forwarded-* headers are trusted.
    std::vector<std::string> proxies;
};

// Pure functions: text is an IP address; an IP address is this machine's loopback.
bool is_address(const std::string& text);
bool is_loopback(const std::string& address);

// Safe from any thread.
class Authenticator {
  public:
    // kUsage for an invalid host name or network. machine_secret: from serve.key. users must outlive the
    // authenticator. clock: seconds since 1970; empty: the system's.
    static Result<std::unique_ptr<Authenticator>> make(Users& users, AuthenticatorOptions options,
                                                       const std::string& machine_secret,
                                                       Users::Clock clock = {});
    ~Authenticator();

    // kUsage for requests that are refused regardless of the principal: foreign host names (DNS rebinding)
    // and requests from foreign pages.
    Result<> check_site(const HttpRequest& request) const;
    // Returns the principal; an unknown one when the credential is missing, unknown, expired or malformed.
    Result<Principal> principal_of(const HttpRequest& request) const;
    // A browser sends the cookie whichever page made the request, so a request that changes something must
    // prove that it comes from Hone's own pages. kUsage otherwise.
    static Result<> check_own_page(const HttpRequest& request, const Principal& principal);
    // Returns a function that is true while the same credential still belongs to the same principal, for
    // responses that outlive their request. Safe from any thread.
    std::function<bool()> watch(const HttpRequest& request, const Principal& principal) const;

    // Describes the principal.
    static SessionFacts describe(const Principal& principal);
    // Responses of POST and DELETE /api/v1/session.
    HttpResponse sign_in(const HttpRequest& request);
    HttpResponse sign_out(const HttpRequest& request);

    // True when no sign-in is required: no user is set up, and only this machine can connect.
    Result<bool> open() const;
    // Returns the client's address for the throttle: the peer, or the one that a trusted proxy reports.
    std::string client_of(const HttpRequest& request) const;
    // Returns the key for HttpOptions::client_of. This machine and proxies that serve many clients have no
    // limit ("").
    std::string limited_client_of(const std::string& peer) const;
    // True when the client's connection is encrypted, possibly up to a trusted proxy.
    bool secure(const HttpRequest& request) const;

  private:
    struct Proxies;
    Authenticator(Users& users, AuthenticatorOptions options, const std::string& machine_secret,
                  Users::Clock clock, std::unique_ptr<Proxies> proxies);
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
