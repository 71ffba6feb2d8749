"""What a comment that was just written is flagged as: by the rules, and with the SQL, of nights."""

from collections.abc import Collection, Mapping, Sequence

import duckdb

from warehouse import tables
from warehouse.policies import Policies

FLAGS = (tables.SQL / "verdicts" / "flags.sql").read_text(encoding="utf-8")


class Verdicts:
    def __init__(
        self,
        policies: Policies,
        of_model: Mapping[str, float],
        accounts: Mapping[str, Sequence[str]],  # "mine/main" → its tags
        languages: Collection[str],  # that the model was judged in
    ) -> None:
        self._con = duckdb.connect()
        tables.create(self._con)
        tables.refill(self._con, "accounts", [(*name.split("/", 1), list(tags)) for name, tags in accounts.items()])
        tables.refill(self._con, "policy_rules", policies.rows(of_model))
        tables.refill(self._con, "word_rules", policies.word_rows())
        tables.run_script(self._con, "verdicts/accounts.sql", languages=sorted(languages))
        tables.run_script(self._con, "load/thresholds.sql")

    def flags(self, account: str, text: str, language: str, scores: Mapping[str, float | None]) -> list[str]:
        platform, _, handle = account.partition("/")
        asked = {"platform": platform, "account": handle, "text": text, "language": language,
                 "labels": [*scores], "scores": [*scores.values()]}  # fmt: skip
        with self._con.cursor() as con:  # callers are threads
            found = {label for (label,) in con.execute(FLAGS, asked).fetchall()}
        return [label for label in scores if label in found]
