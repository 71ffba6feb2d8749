"""Terms are explained once in a note, and where nothing else takes the focus."""

from dash.development.base_component import Component

from dashboard.glossary import MEANINGS, term, with_terms


def explained(text: str) -> list[str]:
    return [part.children for part in with_terms(text) if isinstance(part, Component)]


def test_a_term_is_explained_where_it_stands_first() -> None:
    note = "Estimated share of comments, with 95% interval; unflagged, flagged and flagged again."
    assert explained(note) == ["Estimated share", "95% interval", "flagged"]
    assert "".join(getattr(part, "children", part) for part in with_terms(note)) == note
    assert explained("Nothing of the kind, and no change.") == []


def test_a_term_in_a_link_takes_no_focus() -> None:
    assert term("Toxic").tabIndex == 0
    assert not hasattr(term("Toxic", is_focusable=False), "tabIndex")
    assert term("Account") == "Account"
    assert all(meaning.endswith(".") for meaning in MEANINGS.values())
