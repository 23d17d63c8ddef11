"""OAuth: the codes that a person's consent gives out, and refresh tokens that are good for one use.

https://docs.slack.dev/authentication/installing-with-oauth, https://docs.slack.dev/authentication/using-token-rotation
"""

import random
from dataclasses import dataclass

from playground.clock import Clock
from playground.slack.errors import Refusal

CODE_LIFETIME = 600.0
TOKEN_LIFETIME = 43_200
"""Seconds that an access token is good for where tokens rotate."""


@dataclass(eq=False)
class Code:
    """What a person allowed; `redirect_uri` has to be named again when the code is redeemed."""

    person: str
    scopes: tuple[str, ...]
    redirect_uri: str
    expires: float
    used: bool = False


class Grants:
    """The app's client id and secret, and what was given out against them."""

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        self.client_id = f"{dice.randrange(10**11, 10**12)}.{dice.randrange(10**12, 10**13)}"
        self.client_secret = f"{dice.getrandbits(128):032x}"
        self._clock = clock
        self._dice = dice
        self._codes: dict[str, Code] = {}
        self._refresh: set[str] = set()

    def check_client(self, client_id: str, client_secret: str) -> None:
        """Refuse who does not know the app's secret."""
        if client_id != self.client_id:
            raise Refusal("invalid_client_id")
        if client_secret != self.client_secret:
            raise Refusal("bad_client_secret")

    def new_code(self, person: str, scopes: tuple[str, ...], redirect_uri: str) -> str:
        name = f"{self._dice.randrange(10**11)}.{self._dice.randrange(10**12)}.{self._dice.getrandbits(256):064x}"
        self._codes[name] = Code(person, scopes, redirect_uri, self._clock.now() + CODE_LIFETIME)
        return name

    def redeem(self, name: str, redirect_uri: str) -> Code:
        """Use a code up; it is good once, for ten minutes, and for the address it was asked for with."""
        code = self._codes.get(name)
        if code is None or code.used or self._clock.now() > code.expires:
            raise Refusal("invalid_code")
        if redirect_uri != code.redirect_uri:
            raise Refusal("bad_redirect_uri")
        code.used = True
        return code

    def new_token(self) -> str:
        return f"xoxb-{self._dice.getrandbits(128):032x}"

    def new_refresh_token(self) -> str:
        name = f"xoxe-1-{self._dice.getrandbits(256):064x}"
        self._refresh.add(name)
        return name

    def use_refresh_token(self, name: str) -> None:
        """Use a refresh token up."""
        if name not in self._refresh:
            raise Refusal("invalid_refresh_token")
        self._refresh.discard(name)
