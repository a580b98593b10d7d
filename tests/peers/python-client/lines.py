"""One JSON object a line, in both directions."""

import json
import sys

import anyio.to_thread
from mcp.client.auth.utils import (
    extract_field_from_www_auth,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
)


def say(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


async def next_line():
    line = await anyio.to_thread.run_sync(sys.stdin.readline)
    if not line:
        raise EOFError("the person has left")
    return json.loads(line)


def challenge_of(response):
    """The challenge as the SDK itself reads it."""
    return {
        "scope": extract_scope_from_www_auth(response),
        "error": extract_field_from_www_auth(response, "error"),
        "resource_metadata": extract_resource_metadata_from_www_auth(response),
    }
