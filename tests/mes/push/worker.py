"""A station of its own process that commits and sends webhooks until it is killed, or has sent all.

    worker.py HOME URL COUNT

Prints ``ready`` at the start and ``sent`` once everything that is committed was taken.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from station.genealogy.home import StationHome
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy
from station.mes.push.webhook import WebhookFacts, webhook
from tests.genealogy.builders import draft, evidence

from .conftest import now


def main(home: str, url: str, count: str) -> None:
    with Genealogy.open(StationHome(Path(home))) as genealogy:
        facts = WebhookFacts(name="mes", url=url, secret_file="mes.secret", start="beginning")
        follower = webhook(facts, genealogy, now, pause=Pause(first_s=0.01, most_s=0.1))
        stop = threading.Event()
        thread = threading.Thread(target=follower.run, args=(stop,))
        thread.start()
        print("ready", flush=True)
        for number in range(int(count)):
            genealogy.commit(draft(), evidence(number, size=20), committed=now())
        while follower.status().behind != 0:
            stop.wait(0.05)
        stop.set()
        thread.join()
    print("sent", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
