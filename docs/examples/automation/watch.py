"""Reacts to events of the cluster: python3 watch.py FOLDER, with what `ca automation create --out FOLDER` has written there.

Needs the package nats-py.
"""

import asyncio
import json
import pathlib
import re
import ssl
import sys

import nats
import nats.errors

folder = pathlib.Path(sys.argv[1])
settings = json.loads((folder / "connection.json").read_text())


def react(event):
    """What your automation does."""
    data = event["data"]
    if event["type"] == "easycerts.host.joined":
        print(f"joined: {data['host']} at {', '.join(data['addresses'])}", flush=True)
    elif event["type"] == "easycerts.certificate.renewed":
        print(f"renewed: {data['certificate']} of {data['host']} until {data['notAfter']}", flush=True)


def is_true_source(subject, source):
    """A host may speak for itself only: the subject, which the bus checks, must agree with the source, which it does not read."""
    host = re.match(r"easycerts\.v1\.host\.([^.]+)\.", subject)
    return host is None or source.startswith(f"/hosts/{host[1]}/")


async def main():
    tls = ssl.create_default_context(cafile=folder / "ca.crt")
    tls.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    connection = await nats.connect(
        settings["servers"],
        tls=tls,
        tls_handshake_first=True,
        inbox_prefix=settings["inboxPrefix"],
        max_reconnect_attempts=-1,  # the bus may be away for a while: try for ever
    )
    stream = connection.jetstream(prefix=settings["apiPrefix"])
    events = await stream.pull_subscribe_bind(consumer=settings["consumer"], stream=settings["stream"])

    # An event may come twice: each is handled once, also after a restart.
    handled_file = folder / "handled"
    handled = set(handled_file.read_text().splitlines()) if handled_file.exists() else set()
    while True:
        try:
            messages = await events.fetch(1, timeout=5)
        except nats.errors.TimeoutError:
            continue
        for message in messages:
            event = json.loads(message.data)
            key = f"{message.subject} {event['id']}"
            if is_true_source(message.subject, event["source"]) and key not in handled:
                react(event)
                with handled_file.open("a") as file:
                    file.write(f"{key}\n")
                handled.add(key)
            # Only now: what is not handled must come again.
            await message.ack_sync()


asyncio.run(main())
