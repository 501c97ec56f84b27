"""An OpenID provider on this machine, made of Authlib's own server classes: it issues codes and signed tokens."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "gridmap", "a secret of sixteen words"


class _Client(ClientMixin):
    """The one program that the provider knows."""

    client_id = CLIENT

    def __init__(self) -> None:
        self.back = ""

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.back

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class _Code(AuthorizationCodeMixin):
    code: str
    user: dict[str, Any]
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    auth_time: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class _Codes(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def save_authorization_code(self, code: str, asked: Any) -> None:
        given = asked.payload.data
        self.server.provider.codes[code] = _Code(
            code,
            asked.user,
            asked.payload.redirect_uri,
            asked.payload.scope,
            given.get("nonce", ""),
            given.get("code_challenge", ""),
            given.get("code_challenge_method", ""),
        )

    def query_authorization_code(self, code: str, client: Any) -> _Code | None:
        return self.server.provider.codes.get(code)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        del self.server.provider.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: _Code) -> dict[str, Any]:
        return authorization_code.user


class _Tokens(OpenIDCode):
    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, asked: Any) -> bool:
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def resolve_client_private_key(self, client: Any) -> RSAKey:
        return self.provider.key

    def get_client_algorithm(self, client: Any) -> str:
        return "RS256"

    def get_client_claims(self, client: Any) -> dict[str, Any]:
        return {"iss": self.provider.issuer}

    def generate_user_info(self, user: dict[str, Any], scope: str) -> UserInfo:
        return UserInfo(user | self.provider.told)


class Provider:
    """The provider.

    Attributes
    ----------
    issuer : str
        Its address.
    person : dict
        Claims of whoever is signed in there now.
    client : _Client
        ``back`` is the one address to which it leads.
    spoil : callable or None
        Changes the claims of a token before it is signed.
    key : RSAKey
        With which it signs; ``shown`` are the keys that it publishes.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.person: dict[str, Any] = {}
        self.client = _Client()
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.shown = KeySet([self.key])
        self.told: dict[str, Any] = {}
        self.asked: list[str] = []
        self.codes: dict[str, _Code] = {}
        self.app = self._app()

    def _app(self) -> Flask:
        app = Flask("provider")
        server = AuthorizationServer(
            app, query_client=lambda name: self.client if name == CLIENT else None, save_token=lambda *_: None
        )
        server.provider = self
        server.register_grant(_Codes, [CodeChallenge(required=True), _Tokens(self)])

        @app.get("/.well-known/openid-configuration")
        def discover() -> Any:
            self.asked.append("discover")
            return jsonify(
                issuer=self.issuer,
                authorization_endpoint=f"{self.issuer}/authorize",
                token_endpoint=f"{self.issuer}/token",
                jwks_uri=f"{self.issuer}/keys",
            )

        @app.get("/keys")
        def keys() -> Any:
            self.asked.append("keys")
            return jsonify(self.shown.as_dict(private=False))

        @app.get("/authorize")
        def authorize() -> Any:
            grant = server.get_consent_grant(end_user=self.person)
            return server.create_authorization_response(request, grant_user=self.person, grant=grant)

        @app.post("/token")
        def token() -> Any:
            self.asked.append("token")
            return server.create_token_response(request)

        return app


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider on a free port of this machine."""
    server = make_server("127.0.0.1", 0, Flask("empty"), threaded=True)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    server.app = provider.app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
