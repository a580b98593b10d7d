"""An agent on the Python SDK. It speaks lines of JSON, see ../README.md:

    python run.py SERVER REVISION REGISTRATION TOOL ARGUMENTS TOOL ARGUMENTS
"""

import json
import sys
import traceback

import anyio
import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from grants import Grants, Person, client_metadata
from lines import challenge_of, say


async def main(server, revision, registration, *calls):
    person, grants = Person(), Grants(registration)
    try:
        await run(server, revision, person, grants, calls)
    except BaseException:
        # The SDK wraps what the handler raised in groups of its own; the person knows better.
        if person.refusal is None:
            say("failed", message=traceback.format_exc())
            say("done")
            return 1
        say("denied", error=person.refusal, holds_token=grants.tokens is not None)
    say("done")
    return 0


async def run(server, revision, person, grants, calls):
    auth = OAuthClientProvider(
        server_url=server,
        client_metadata=client_metadata(),
        storage=grants,
        redirect_handler=person.send_to,
        callback_handler=person.come_back,
        client_metadata_url=grants.metadata_url,
    )
    hooks = {"response": [watch(server)]}
    mode = "legacy" if revision == "2025-11-25" else "auto"
    async with httpx2.AsyncClient(auth=auth, event_hooks=hooks, timeout=30) as http:
        async with Client(streamable_http_client(server, http_client=http), mode=mode) as client:
            say("connected", revision=client.protocol_version)
            tools = await client.list_tools()
            say("tools", names=[tool.name for tool in tools.tools])
            for name, arguments in zip(calls[::2], calls[1::2]):
                result = await client.call_tool(name, json.loads(arguments))
                say("called", tool=name, result=plain(result))


def watch(server):
    async def look(response):
        if str(response.request.url) != server:
            return
        if response.status_code == 401:
            say("unauthorized", **challenge_of(response))
        if response.status_code == 403:
            say("refused", **challenge_of(response))

    return look


def plain(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


if __name__ == "__main__":
    sys.exit(anyio.run(main, *sys.argv[1:]))
