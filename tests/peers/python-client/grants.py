"""What the agent holds, and how it reaches the person."""

from urllib.parse import parse_qs, urlsplit

from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
)

from lines import next_line, say

REDIRECT = "http://127.0.0.1:8976/callback"


def client_metadata():
    return OAuthClientMetadata(
        client_name="SmartMail AI",
        redirect_uris=[REDIRECT],
        token_endpoint_auth_method="none",
    )


class Person:
    """Shows the person a page, and waits until the browser comes back."""

    def __init__(self):
        self.refusal = None

    async def send_to(self, url):
        say("authorize", url=url)

    async def come_back(self):
        query = parse_qs(urlsplit((await next_line())["callback"]).query)
        answer = {name: values[0] for name, values in query.items()}
        if "error" in answer:
            self.refusal = answer["error"]
            raise PermissionError(self.refusal)
        return AuthorizationCodeResult(
            code=answer["code"], state=answer.get("state"), iss=answer.get("iss")
        )


class Grants:
    """The SDK's `TokenStorage`, for as long as the process lives."""

    def __init__(self, registration):
        mode, _, rest = registration.partition(":")
        self.tokens = None
        self.client = preregistered(rest) if mode == "preregistered" else None
        self.metadata_url = rest if mode == "metadata-document" else None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


def preregistered(id_and_secret):
    client_id, _, secret = id_and_secret.partition(":")
    return OAuthClientInformationFull(
        client_id=client_id,
        client_secret=secret or None,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        redirect_uris=[REDIRECT],
    )
