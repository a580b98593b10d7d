"""An agent on the Python SDK. It speaks lines of JSON, see ../README.md:

    python run.py SERVER REVISION REGISTRATION STEP…
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


async def main(server, revision, registration, *steps):
    person, grants = Person(), Grants(registration)
    try:
        await run(server, revision, person, grants, map(json.loads, steps))
    except BaseException:
        # The SDK wraps what the handler raised in groups of its own; the person knows better.
        if person.refusal is None:
            say("failed", message=traceback.format_exc())
            say("done")
            return 1
        say("denied", error=person.refusal, holds_token=grants.tokens is not None)
    say("done")
    return 0


async def run(server, revision, person, grants, steps):
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
            for step in steps:
                await take(client, **step)


async def take(client, tool=None, prompt=None, resource=None, arguments=None):
    if tool:
        say("called", tool=tool, result=plain(await client.call_tool(tool, arguments)))
    elif prompt:
        prompts = await client.list_prompts()
        say("prompts", names=[prompt.name for prompt in prompts.prompts])
        say("got", prompt=prompt, result=plain(await client.get_prompt(prompt, arguments)))
    else:
        resources = await client.list_resources()
        say("resources", uris=[str(resource.uri) for resource in resources.resources])
        say("read", uri=resource, result=plain(await client.read_resource(resource)))


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
