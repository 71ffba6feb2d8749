"""Single sign-on by OpenID Connect, by Authlib: a provider says who somebody is, people.db whether they may enter."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from dashboard import door
from dashboard.language import _
from dashboard.people import People

PATH, BACK = door.OPENID, f"{door.OPENID}/back"
COOKIE, NEXT = "openid", "next"
PATIENCE_SECONDS = 600  # for signing in there


@dataclass(frozen=True)
class Provider:
    issuer: str
    client: str
    secret: str = field(repr=False)
    claim: str = "email"  # that names people as they were invited

    @property
    def host(self) -> str:
        return urlsplit(self.issuer).netloc

    def name_in(self, claims: dict[str, Any]) -> str | None:
        """None without a name, and for an address that nobody has verified."""
        if self.claim == "email" and claims.get("email_verified") is not True:
            return None
        return str(claims.get(self.claim) or "") or None


def add(server: FastAPI, people: People, provider: Provider, is_https: bool) -> None:
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.starlette_client import OAuth
    from httpx2 import HTTPError

    oauth = OAuth()
    oauth.register(
        "provider",
        client_id=provider.client,
        client_secret=provider.secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
    )

    @server.get(PATH, include_in_schema=False)
    async def leave(request: Request) -> Response:
        begun: dict[str, Any] = {NEXT: door.local(request.query_params.get(NEXT, "/"))}
        request.scope["session"] = begun  # where Authlib keeps state, nonce and verifier
        scheme = "https" if is_https else request.url.scheme
        back = str(request.url.replace(scheme=scheme, path=BACK, query=""))
        try:
            answer: Response = await oauth.provider.authorize_redirect(request, back)
        except (HTTPError, OAuthError, ValueError):
            return _refused(request, _("{provider} does not answer. Try again later.", provider=provider.host), 502)
        answer.set_cookie(COOKIE, json.dumps(begun), PATIENCE_SECONDS, path=PATH, secure=is_https, httponly=True,
                          samesite="lax")  # fmt: skip
        return answer

    @server.get(BACK, include_in_schema=False)
    async def come_back(request: Request) -> Response:
        begun = _begun(request)
        request.scope["session"] = begun
        try:
            token = await oauth.provider.authorize_access_token(request)
        except (HTTPError, OAuthError, ValueError):
            return _refused(request, _("{provider} did not confirm who you are. Please try again.",
                                       provider=provider.host), 401)  # fmt: skip
        name = provider.name_in(token.get("userinfo") or {})
        if name is None:
            return _refused(request, _("{provider} does not say who you are by an address that it has verified.",
                                       provider=provider.host), 403)  # fmt: skip
        if people.admit(name) is None:
            people.note(name, f"was not let in by {provider.host} from {door.place(request)}")
            return _refused(
                request, _("{name} has no access here. Ask your administrator for an invitation.", name=name), 403
            )
        people.note(name, f"signed in by {provider.host} from {door.place(request)}")
        answer = RedirectResponse(door.local(str(begun.get(NEXT, "/"))), 303)
        door.begin(answer, people.begin_session(name), is_https)
        answer.delete_cookie(COOKIE, path=PATH)
        return answer


def _begun(request: Request) -> dict[str, Any]:
    try:
        begun = json.loads(request.cookies.get(COOKIE, ""))
    except ValueError:
        return {}
    return begun if isinstance(begun, dict) else {}


def _refused(request: Request, reason: str, status: int) -> Response:
    return door.notice(request, _("Sign in"), reason, status)
