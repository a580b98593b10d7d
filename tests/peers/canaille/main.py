"""canaille on a free loopback port, for the tests.

    python main.py

Prints one line of JSON when it is ready, and ends when its standard input closes, so that no process
outlives the test that started it.
"""

import json
import logging
import secrets
import sys
import threading

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import make_server

REDIRECT = "http://127.0.0.1:8976/callback"


def main():
    # One line for each request would fill a pipe that nobody reads.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, not_yet, threaded=True)
    server.app = create_app(configuration(server.port))
    with server.app.app_context(), Backend.instance.session():
        populate()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"issuer": f"http://127.0.0.1:{server.port}"}), flush=True)
    sys.stdin.read()


def not_yet(_environ, start_response):
    """The port is known before the application, which must know its own address."""
    start_response("503 Service Unavailable", [])
    return []


def configuration(port):
    return {
        "SECRET_KEY": secrets.token_hex(16),
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "memory", "LOGGING": {"version": 1}},
        # Agents that only want a token for an API send none.
        "CANAILLE_OIDC": {"REQUIRE_NONCE": False},
    }


def populate():
    alice = models.User(
        user_name="alice",
        formatted_name="Alice Archer",
        family_name="Archer",
        emails=["alice@example.com"],
        password="any password",
    )
    Backend.instance.save(alice)
    agent = models.Client(
        client_id="third-party",
        client_name="SmartMail AI",
        redirect_uris=[REDIRECT],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope=["openid", "profile", "email"],
        token_endpoint_auth_method="none",
    )
    Backend.instance.save(agent)
    # What it puts into the `aud` of the agent's tokens: its name for "this application".
    agent.audience = [agent]
    Backend.instance.save(agent)


main()
