"""The panel that says whom toxic comments attack."""

from dashboard.charts import attacked
from dashboard.view import View


def test_a_model_that_does_not_tell_has_no_panel() -> None:
    assert attacked([], View()) == []


def test_nobody_is_no_bar() -> None:
    rows = [{"day": None, "attacked": whom, "comments": 3, "toxic": 1.5} for whom in ("nobody", "person")]
    [panel] = attacked(rows, View())
    assert "A person" in str(panel)
    assert "nobody" not in str(panel)
