"""A program of a county that uses the public REST interface and nothing else: what it cannot do there, nobody can."""

from __future__ import annotations

from typing import Any

from support.stock_sheets import workbook

from grid321.core import jobs

PLUGIN = "suggestion_tracking"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Program:
    """Talks to one division as one account. Every answer that is not a success fails the test with what the platform said."""

    def __init__(self, browser: Any, code: str, plugin: str = PLUGIN) -> None:
        self.browser, self.code, self.plugin = browser, code, plugin

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request below the division and return the JSON of the answer."""
        answer = self.browser.api(method, f"/d/{self.code}/{path}", body, **headers)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)[:600]}"
        return answer.json if answer.get_data() else None

    def create(self, entity: str, **fields: Any) -> dict[str, Any]:
        """Create a record of the plugin and return it."""
        found: dict[str, Any] = self.ask("POST", f"{self.plugin}/{entity}", fields)
        return found

    def change(self, entity: str, record: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Change fields of the version that ``record`` shows and return the record after it."""
        found: dict[str, Any] = self.ask("PATCH", f"{self.plugin}/{entity}/{record['id']}", fields,
                                         If_Match=f'"{record["version"]}"')
        return found

    def bring(self, entity: str, head: list[str], rows: list[list[Any]]) -> dict[str, int]:
        """Upload a workbook, look at its preview, import it; returns how many rows came to what. Every row must be new."""
        path = f"/api/v1/d/{self.code}/{self.plugin}/{entity}/imports"
        answer = self.browser.open(path, method="POST", data=workbook(rows, head=head), content_type=XLSX,
                                   headers={"X-CSRF-Token": self.browser.csrf})
        batch = answer.json
        assert answer.status_code == 201, f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:600]}"
        jobs.Executor().run_due()
        batch = self.ask("GET", f"{self.plugin}/{entity}/imports/{batch['id']}")
        assert batch["counts"] == {"new": len(rows)}, str(batch["counts"]) + str(batch["preview"].get("error"))[:600]
        self.ask("POST", f"{self.plugin}/{entity}/imports/{batch['id']}/confirm")
        jobs.Executor().run_due()
        found: dict[str, int] = self.ask("GET", f"{self.plugin}/{entity}/imports/{batch['id']}")["counts"]
        return found

    def step(self, entity: str, record: dict[str, Any], key: str, **answers: Any) -> dict[str, Any]:
        """Take a step on the version that ``record`` shows and return the record after it."""
        found: dict[str, Any] = self.ask("POST", f"{self.plugin}/{entity}/{record['id']}/transitions/{key}", answers,
                                         If_Match=f'"{record["version"]}"')
        return found

    def read(self, entity: str, record: dict[str, Any]) -> dict[str, Any]:
        """The record as it is now."""
        found: dict[str, Any] = self.ask("GET", f"{self.plugin}/{entity}/{record['id']}")
        return found

    def rows(self, entity: str, query: str = "") -> list[dict[str, Any]]:
        """Every record of a list, page after page."""
        path: str | None = f"{self.plugin}/{entity}?limit=100{'&' + query if query else ''}"
        found: list[dict[str, Any]] = []
        while path:
            page = self.ask("GET", path)
            found += page["items"]
            path = page["next"].split(f"/d/{self.code}/", 1)[1] if page["next"] else None
        return found

    def figures(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(measure, item) → figure of the division's statistics."""
        return {(row["measure"], row.get("item", "")): row for row in self.ask("GET", "core/statistics")["figures"]}
