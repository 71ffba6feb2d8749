"""The Perspective form, asked by Google's own client library over HTTP, and every refusal in that API's own words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from dashboard.people import People
from dashboard.perspective import ATTRIBUTES, MOST_BYTES
from models import scorer
from models.labels import LABELS
from models.text import clean_text
from tests.fixtures.dashboard import SHIPPED, serving

ABUSE = "You are an idiot. What a lovely garden! Thank you"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("perspective")) as address:
        yield address


def client(address: str, key: str | None = None) -> Any:
    """As Google's documentation makes it, with another address."""
    url = f"{address}/$discovery/rest?version=v1alpha1"
    return build("commentanalyzer", "v1alpha1", developerKey=key, discoveryServiceUrl=url, static_discovery=False)


def asked(text: str = ABUSE, **more: Any) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}} | more


def test_googles_client_gets_what_the_model_says(address: str) -> None:
    request = asked(requestedAttributes={name: {} for name in ATTRIBUTES}, languages=["en"], clientToken="mine")
    answer = client(address).comments().analyze(body=request).execute()
    [expected] = scorer.load(SHIPPED).scores([clean_text(ABUSE)], ["en"])
    for name, label in ATTRIBUTES.items():
        scores = answer["attributeScores"][name]
        assert scores["summaryScore"]["value"] == pytest.approx(expected[LABELS.index(label)], abs=1e-5)
        assert scores["summaryScore"]["type"] == "PROBABILITY"
        assert [(span["begin"], span["end"]) for span in scores["spanScores"]] == [(0, len(ABUSE))]
    assert (answer["languages"], answer["detectedLanguages"], answer["clientToken"]) == (["en"], ["en"], "mine")


def test_spans_are_sentences_with_scores_of_their_own(address: str) -> None:
    answer = client(address).comments().analyze(body=asked(spanAnnotations=True)).execute()
    spans = answer["attributeScores"]["TOXICITY"]["spanScores"]
    output = [ABUSE[span["begin"] : span["end"]] for span in spans]
    assert output == ["You are an idiot.", "What a lovely garden!", "Thank you"]
    rude, *kind = (span["score"]["value"] for span in spans)
    assert rude > 0.5 > max(kind)


def test_a_score_below_the_threshold_is_left_out(address: str) -> None:
    wanted = {"TOXICITY": {"scoreThreshold": 0.2}, "THREAT": {"scoreThreshold": 0.99}}
    answer = client(address).comments().analyze(body=asked(requestedAttributes=wanted)).execute()
    assert answer["attributeScores"].keys() == {"TOXICITY"}


@pytest.mark.parametrize(
    ("request_", "message", "kind"),
    [
        (asked(" "), "non-empty", "COMMENT_EMPTY"),
        (asked("a" * (MOST_BYTES + 1)), "too many bytes", "COMMENT_TEXT_TOO_LONG"),
        (asked(languages=["ja"]), "do not support request languages: ja", "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        (asked(requestedAttributes={"SPAM": {}}), "Attribute SPAM unavailable", ""),
        (asked(requestedAttributes={}), "requestedAttributes", ""),
        ({"comment": "text"}, "Invalid JSON payload", ""),
    ],
)
def test_a_refusal_has_that_apis_form(address: str, request_: dict, message: str, kind: str) -> None:
    with pytest.raises(HttpError) as refused:
        client(address).comments().analyze(body=request_).execute()
    assert refused.value.status_code == 400
    error = httpx.post(f"{address}/v1alpha1/comments:analyze", json=request_).json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert message in error["message"]
    assert [detail["errorType"] for detail in error["details"]] == ([kind] if kind else [])


def test_behind_the_door_a_key_goes_where_googles_went(tmp_path: Path) -> None:
    people = People(tmp_path / "people.db")
    people.add("ann", "correct horse battery")
    key = people.add_key("our-bot", ["predict"])
    with serving(tmp_path, people) as address:
        assert httpx.post(f"{address}/v1alpha1/comments:analyze", json=asked()).status_code == 401
        body = client(address, key).comments().analyze(body=asked()).execute()
        assert body["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5
