"""A process of its own that tells the deputies' files of records, as a worker does. For tests of what happens at once, or half.

Arguments: address, folder, ``tell`` or ``stop`` (write the deed, then wait inside the transaction to be killed), name of the
entity, ids. It says ``ready``, waits for a line, tells, says ``told``.
"""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grid321.core import app as application
from grid321.core import db
from grid321.core.outbox import Event
from grid321.plugins import liaison_station
from grid321.plugins.liaison_station import file_deeds


def held(_deed):
    """The deed is written, the transaction is not over: say so and never come back."""
    print("written", flush=True)
    time.sleep(600)


def main(url, home, mode, entity, *ids):
    made = application.create_app({"DATABASE": url, "HOME": home, "PLUGINS": [liaison_station], "STRICT": True})
    with made.app_context():
        if mode == "stop":
            written = file_deeds.note
            file_deeds.note = lambda *said: held(written(*said))
        print("ready", flush=True)
        sys.stdin.readline()
        for number in ids:
            with db.transaction():
                file_deeds.listen(Event(1, entity, int(number), "edit", None, None, db.now(), {}))
        print("told", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
