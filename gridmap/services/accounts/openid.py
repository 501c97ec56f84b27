"""Signing on by the town's own identity provider (OpenID Connect): authorization code with state, nonce and PKCE.

The provider says who somebody is; which post that is stands in one claim of its token, and what the post may do is this
program's matter. Nothing but the provider that the settings name is ever asked.
"""

from __future__ import annotations

import hmac
import json
import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gridmap.errors import InvalidInput, NotSignedIn, Unavailable
from gridmap.services.accounts.secrets import new_secret
from gridmap.settings import LOOPBACK, Settings

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that are believed: with the provider's public keys, never with a shared secret, never none."""

_WITHIN_S = 5
_LEEWAY_S = 60
_KEPT_S = 3600
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Asking:
    """What a browser keeps while its person is at the provider.

    Attributes
    ----------
    state, nonce, verifier : str
        Secrets of this one sign-on.
    """

    state: str
    nonce: str
    verifier: str


def is_offered(settings: Settings) -> bool:
    """Tell whether the settings name a provider."""
    return settings.oidc_issuer is not None


def begin(settings: Settings, back: str) -> tuple[str, Asking]:
    """Begin a sign-on; return the provider's address for the browser, and what the browser keeps.

    Parameters
    ----------
    settings : Settings
    back : str
        Address to which the provider leads back.

    Raises
    ------
    Unavailable
        When the provider does not answer as it should.
    """
    asking = Asking(new_secret(), new_secret(), new_secret())
    found = _provider(settings)
    with _client(settings, back) as client:
        address, _ = client.create_authorization_url(
            found["authorization_endpoint"],
            state=asking.state,
            nonce=asking.nonce,
            code_verifier=asking.verifier,
        )
    return str(address), asking


def finish(settings: Settings, back: str, asking: Asking, state: str, code: str) -> str:
    """Exchange the code that the provider gave; return the claim that names a post.

    Parameters
    ----------
    settings : Settings
    back : str
        As for :func:`begin`.
    asking : Asking
        What the browser kept.
    state, code : str
        What the provider led back with.

    Raises
    ------
    NotSignedIn
        When state, code or token do not fit.
    Unavailable
        When the provider does not answer as it should.
    """
    if not hmac.compare_digest(state.encode(), asking.state.encode()):
        raise refused("state")
    found = _provider(settings)
    try:
        with _client(settings, back) as client:
            token = client.fetch_token(
                found["token_endpoint"], code=code, code_verifier=asking.verifier, timeout=_WITHIN_S
            )
    except AuthlibBaseError as exc:
        raise refused("code") from exc
    except (requests.RequestException, ValueError) as exc:
        raise _unreachable() from exc
    told = token.get("id_token")
    if not isinstance(told, str):
        raise refused("token")
    claims = _checked(settings, found, told, asking.nonce, token.get("access_token"))
    name = claims.get(settings.oidc_claim)
    # An address that nobody has shown to be theirs is anybody's.
    if not isinstance(name, str) or (
        settings.oidc_claim == "email" and claims.get("email_verified") is not True
    ):
        raise refused("claim")
    return name


def _checked(settings: Settings, found: dict[str, Any], told: str, nonce: str, access: object) -> CodeIDToken:
    try:
        decoded = jwt.decode(told, _keys(found["jwks_uri"], _hour()), algorithms=list(ALGORITHMS))
    except (JoseError, ValueError):
        # The provider may have changed its keys.
        try:
            _keys.cache_clear()
            decoded = jwt.decode(told, _keys(found["jwks_uri"], _hour()), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError) as exc:
            raise refused("signature") from exc
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": found["issuer"]},
            "aud": {"essential": True, "value": settings.oidc_client},
        },
        params={"nonce": nonce, "client_id": settings.oidc_client, "access_token": access},
    )
    try:
        claims.validate(now=int(time.time()), leeway=_LEEWAY_S)
    except (AuthlibBaseError, JoseError) as exc:
        raise refused("claims") from exc
    return claims


def _client(settings: Settings, back: str) -> OAuth2Session:
    client = OAuth2Session(
        settings.oidc_client,
        _secret(settings),
        scope="openid profile email",
        redirect_uri=back,
        code_challenge_method="S256",
    )
    # What the environment says of proxies is for the world outside; the provider is the town's own.
    client.trust_env = False
    return client


def _secret(settings: Settings) -> str:
    if settings.oidc_secret_file is None:
        return ""
    try:
        return settings.oidc_secret_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            "oidc-secret",
            "无法读取 GRIDMAP_OIDC_SECRET_FILE 所指的文件。请检查路径与权限。",
            "The file that GRIDMAP_OIDC_SECRET_FILE names cannot be read. Check its path and rights.",
        ) from None


def _hour() -> int:
    return int(time.time()) // _KEPT_S


def _provider(settings: Settings) -> dict[str, Any]:
    issuer = str(settings.oidc_issuer)
    found = _discovered(issuer, _hour())
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    # Another issuer's word under this address would be an exchange of providers (RFC 8414, section 3.3).
    if found.get("issuer") != issuer or not all(_is_safe(found.get(name)) for name in wanted):
        _discovered.cache_clear()
        raise _unreachable()
    return found


@lru_cache(maxsize=4)
def _discovered(issuer: str, _hour_of_day: int) -> dict[str, Any]:
    return _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")


@lru_cache(maxsize=4)
def _keys(address: str, _hour_of_day: int) -> KeySet:
    try:
        return KeySet.import_key_set(_fetched(address))  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError) as exc:
        raise _unreachable() from exc


def _is_safe(address: object) -> bool:
    return isinstance(address, str) and is_safe_address(address)


def is_safe_address(address: str) -> bool:
    """Tell whether an address of the provider is encrypted, or on this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _fetched(address: str) -> dict[str, Any]:
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(address, timeout=_WITHIN_S, allow_redirects=False, stream=True)
            content = answer.raw.read(_MOST_BYTES, decode_content=True) if answer.status_code == 200 else b""
        told = json.loads(content)
    except (requests.RequestException, OSError, ValueError) as exc:
        raise _unreachable() from exc
    if not isinstance(told, dict):
        raise _unreachable()
    return told


def _unreachable() -> Unavailable:
    return Unavailable(
        "sign-on-unreachable",
        "统一身份认证服务没有按约定应答。请稍后再试，或用岗位和密码登录。",
        "The identity provider does not answer as it should. Try again later, or sign in by post and password.",
        retry_after_s=30,
    )


def refused(why: str) -> NotSignedIn:
    """Make the refusal of a sign-on; why is told to the log alone."""
    log.warning("a sign-on was refused: %s", why)
    return NotSignedIn(
        "sign-on-refused",
        "统一身份认证的答复无法确认，未登录。请重新登录；如仍失败，请联系管理员。",
        "What the identity provider said could not be confirmed, so nobody was signed in. Try again; if it fails "
        "again, tell the administrator.",
    )
