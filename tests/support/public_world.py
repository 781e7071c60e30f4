"""What the tests of the public pages share: a resident's browser, forms as a page sends them, a matter that was answered."""
import re
from types import SimpleNamespace

from grid321.core import engine, records
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser

BASE = "/d/610902104200/suggestion_tracking"
TEXT = "村口的路灯坏了三盏，晚上老人出门看不见路。希望修好。"
PHONE, NAME = "13891500017", "赵秀兰"


class Resident(Browser):
    """Nobody is logged in; forms carry what the page gave."""

    def fill(self, path, data, **files):
        """Load the form, then send it with its hidden fields and what was typed; returns the answer."""
        page = self.get(path)
        assert page.status_code == 200, (path, page.status_code)
        return self.send(path, {**hidden(page), **data}, **files)

    def send(self, path, data, **files):
        """Send a form as it is."""
        return self.open(path, method="POST", data={**data, **files}, headers={"Sec-Fetch-Site": "same-origin"},
                         environ_base={"REMOTE_ADDR": "203.0.113.9"})


def hidden(page):
    """The hidden fields of the page's last form."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return dict(found)


def number_and_code(page):
    """What the page after sending tells the resident to keep."""
    return re.search(r"WT-\d+-\d+-\d{4,}", page.text)[0], re.search(r'class="secret">([0-9A-Z-]{9})<', page.text)[0][-10:-1]


def matter():
    """The entity of matters."""
    return registry().entity("suggestion_tracking.matter")


def step(record, key, **answers):
    """Take a step in the machine's name and return the matter as it is then."""
    from grid321.core import snapshot

    node = snapshot.current().tree.get(record.division_id)
    return engine.perform(matter(), record.id, key, answers, SYSTEM, record.version, node).record


def raised(node, **values):
    """A matter that a resident raised at ``node``."""
    return records.create(matter(), {"text": TEXT, "kind": "roads", "source": "resident", "contact_name": NAME,
                                     "contact_phone": PHONE, "wants_answer": True, "publish": True, **values}, SYSTEM, node)


def answered(node, **values):
    """A matter that the village solved on the spot; the answer waits for its rating."""
    return step(raised(node, **values), "solve_on_spot", text="三盏路灯都换了灯泡，昨晚已亮。", outcome="A", way="alone")


def counts():
    """How much is stored: what must not change when a request is refused."""
    from grid321.core.attachments import Attachment
    from grid321.core.ledger import LedgerEntry

    return SimpleNamespace(matters=matter().model.select().count(), entries=LedgerEntry.select().count(),
                           files=Attachment.select().count())
