"""deploy/: the Terraform files as they are parsed, the script that starts the machine, the Lambda as AWS runs it."""

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from jobs.config.settings import DATABASE, SHIPPED
from models import scorer
from models.labels import LABELS

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
OPEN = {"store": "a-bucket", "repository": "https://example.org/toxwatch.git", "domain": "tox.example"}


@pytest.fixture(scope="module")
def parsed() -> dict[str, list[Any]]:
    """All files as one: kind of block → blocks."""
    found: dict[str, list[Any]] = {}
    for path in DEPLOY.glob("*.tf"):
        for kind, blocks in _plain(hcl2.loads(path.read_text())).items():
            found.setdefault(kind, []).extend(blocks if isinstance(blocks, list) else [blocks])
    return found


def _plain(value: Any) -> Any:
    """Strings without the quotes of their source."""
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one) for key, one in value.items() if not str(key).startswith("__")}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.strip('"') if isinstance(value, str) else value


def _block(found: Any) -> Any:
    """A block that stands once."""
    return found[0] if isinstance(found, list) else found


@pytest.fixture(scope="module")
def resources(parsed: dict[str, list[Any]]) -> dict[str, Any]:
    """kind.name → what it says"""
    return {
        f"{kind}.{name}": said
        for block in parsed["resource"]
        for kind, named in block.items()
        for name, said in named.items()
    }


def test_every_name_is_defined_and_every_variable_is_used(
    parsed: dict[str, list[Any]], resources: dict[str, Any]
) -> None:
    source = "\n".join(re.sub(r"(?m)^\s*#.*$", "", path.read_text()) for path in DEPLOY.glob("*.tf"))
    variables = {name for block in parsed["variable"] for name in block}
    data = {f"data.{kind}.{name}" for block in parsed["data"] for kind, named in block.items() for name in named}
    assert set(re.findall(r"\bvar\.(\w+)", source)) == variables
    assert set(re.findall(r"(data\.aws_\w+\.\w+)", source)) == data
    assert set(re.findall(r"(?<![\w.\"])(aws_\w+\.\w+)", source)) <= resources.keys()


def test_nothing_is_open_but_the_proxy_of_a_machine_with_a_name(resources: dict[str, Any]) -> None:
    group = resources["aws_security_group.machine"]
    assert "ingress" not in group
    [dynamic] = group["dynamic"]
    assert "[80, 443]" in str(dynamic) or "80, 443" in str(dynamic)
    assert 'var.domain == ""' in str(dynamic).replace('\\"', '"')
    assert not any(kind.startswith(("aws_security_group_rule", "aws_vpc_security")) for kind in resources)


def test_what_is_stored_is_encrypted_private_and_can_be_had_back(resources: dict[str, Any]) -> None:
    assert resources["aws_ebs_volume.data"]["encrypted"] is True
    assert _block(resources["aws_instance.machine"]["root_block_device"])["encrypted"] is True
    access = resources["aws_s3_bucket_public_access_block.store"]
    assert [said for name, said in access.items() if name != "bucket"] == [True] * 4
    assert "aws_s3_bucket_server_side_encryption_configuration.store" in resources
    assert resources["aws_ebs_volume.data"]["tags"] == _block(
        resources["aws_dlm_lifecycle_policy.snapshots"]["policy_details"])["target_tags"]  # fmt: skip
    assert _block(resources["aws_instance.machine"]["metadata_options"])["http_tokens"] == "required"
    assert resources["aws_lambda_function_url.predict"]["authorization_type"] == "AWS_IAM"


def test_terraform_holds_no_secret_and_the_machine_may_read_only_its_own(resources: dict[str, Any]) -> None:
    source = (DEPLOY / "main.tf").read_text()
    assert not any(kind.startswith(("aws_ssm_parameter", "aws_secretsmanager")) for kind in resources)
    policy = source.partition('data "aws_iam_policy_document" "machine"')[2].partition("\nresource ")[0]
    allowed = set(re.findall(r'"((?:s3|ssm|sts|iam|ec2):\w+\*?)"', policy))
    assert allowed == {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
                       "ssm:GetParametersByPath"}  # fmt: skip
    assert '"*"' not in policy


def test_the_machine_s_script_runs_with_what_terraform_gives_it(tmp_path: Path) -> None:
    template, main = (DEPLOY / "machine.sh.tftpl").read_text(), (DEPLOY / "main.tf").read_text()
    given = set(re.findall(r"^\s+(\w+)\s+= ", main.partition("templatefile(")[2].partition("})")[0], re.MULTILINE))
    assert given == set(re.findall(r"\$\{(\w+)\}", template))
    script = re.sub(r"\$\{(\w+)\}", lambda found: OPEN.get(found[1], found[1]), template)
    (tmp_path / "machine.sh").write_text(script)
    subprocess.run(["bash", "-n", str(tmp_path / "machine.sh")], check=True)
    compose = (ROOT / "docker-compose.yml").read_text()
    for name in re.findall(r"^ *(?:echo '|\s*)(\w+)=", script, re.MULTILINE):
        assert name in ("disk",) or f"${{{name}:-" in compose, name
    [dashboard] = yaml.safe_load(compose)["services"]["dashboard"]["ports"]
    assert f"reverse_proxy {dashboard.rpartition(':')[0]}" in script


def test_containers_get_every_setting_and_the_files_that_people_edit() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    airflow = compose["services"]["airflow-scheduler"]
    read = set(re.findall(r'"((?:TOXWATCH|APIFY)_\w+)"', (ROOT / "jobs/config/settings.py").read_text()))
    of_web = {"TOXWATCH_PROXIES", "TOXWATCH_SSO_HEADER", "TOXWATCH_INGEST_KEY"}
    of_web |= {f"TOXWATCH_OPENID_{name}" for name in ("ISSUER", "CLIENT", "SECRET", "CLAIM")}
    of_image, of_both = {"TOXWATCH_DATA_DIR"}, {f"TOXWATCH_{name}_URL" for name in ("SMTP", "SLACK", "WEBHOOK")}
    assert read - of_web - of_image - {DATABASE} <= airflow["environment"].keys()
    assert of_web | of_both <= compose["services"]["dashboard"]["environment"].keys()
    config = airflow["environment"]["TOXWATCH_CONFIG"]
    assert f"${{TOXWATCH_CONFIG:-./}}:{config}:ro" in airflow["volumes"]
    assert f"${{TOXWATCH_CONFIG:-./}}:{config}" in compose["services"]["dashboard"]["volumes"]
    assert compose["services"]["dashboard"]["environment"]["TOXWATCH_CONFIG"] == config


def test_every_service_has_limits_and_says_whether_it_is_alive() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    runs_once, waits_for_tomorrow = "airflow-init", "airflow-housekeeping"
    for name, service in services.items():
        assert {"cpus", "pids_limit", "read_only", "cap_drop"} <= service.keys(), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}, name
        assert "mem_limit" in service or name == runs_once, name
        assert "healthcheck" in service or name in (runs_once, waits_for_tomorrow), name


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not here")
def test_terraform_finds_it_formatted_and_valid(tmp_path: Path) -> None:
    place = shutil.copytree(DEPLOY, tmp_path / "deploy")
    terraform("fmt", "-check", "-diff", place=place)
    if "could not connect to registry" in (said := terraform("init", "-backend=false", place=place, is_sure=False)):
        pytest.skip("AWS's provider can be fetched by who reaches its registry")
    assert "successfully initialized" in said
    assert "The configuration is valid" in terraform("validate", place=place)


def terraform(*words: str, place: Path, is_sure: bool = True) -> str:
    env = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE" or Path(value).exists()}
    done = subprocess.run(
        ["terraform", *words, "-no-color"], cwd=place, env=env, capture_output=True, text=True, check=False
    )
    said = " ".join((done.stdout + done.stderr).split())
    assert not is_sure or done.returncode == 0, said
    return said


class Lambda(ThreadingHTTPServer):
    """The side of AWS that a function's container talks to: gives it events, takes its answers."""

    def __init__(self) -> None:
        self.events: queue.Queue[bytes] = queue.Queue()
        self.answers: queue.Queue[Any] = queue.Queue()
        super().__init__(("127.0.0.1", 0), Runtime)

    def ask(self, event: dict[str, Any]) -> Any:
        self.events.put(json.dumps(event).encode())
        return self.answers.get(timeout=120)  # the first one waits for the model to load


class Runtime(BaseHTTPRequestHandler):
    server: Lambda

    def do_GET(self) -> None:  # the next event
        event = self.server.events.get()
        self.send_response(200)
        arn = "arn:aws:lambda:eu-central-1:1:function:predict"
        for name, value in {"Aws-Request-Id": "1", "Deadline-Ms": "9999999999999", "Trace-Id": "1",
                            "Invoked-Function-Arn": arn}.items():  # fmt: skip
            self.send_header(f"Lambda-Runtime-{name}", value)
        self.send_header("Content-Type", "application/json")  # without it the client crashes
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:  # its answer, or what went wrong
        self.server.answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def function() -> Iterator[Lambda]:
    """The handler in AWS's own runtime client, as its image starts it."""
    dockerfile = (ROOT / "Dockerfile").read_text().partition("FROM base AS predict")[2]
    entry, handler = (
        json.loads(re.findall(rf"^{word} (.+)$", dockerfile, re.MULTILINE)[0]) for word in ("ENTRYPOINT", "CMD")
    )
    with Lambda() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        env = os.environ | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "TOXWATCH_DATA_DIR": "/tmp"}
        process = subprocess.Popen([sys.executable, *entry[1:], *handler], env=env, cwd=ROOT)
        yield server
        process.kill()
        process.wait()
        server.shutdown()


def event(body: str, method: str = "POST", path: str = "/predict", **more: Any) -> dict[str, Any]:
    return {"version": "2.0", "rawPath": path, "requestContext": {"http": {"method": method}}, "body": body} | more


def test_the_lambda_gives_the_scores_of_the_model(function: Lambda) -> None:
    texts = ["you utter idiot", "what a lovely picture", ""]
    answer = function.ask(event(json.dumps({"inputs": texts})))
    content, model = json.loads(answer["body"]), scorer.load(SHIPPED)
    assert (answer["statusCode"], content["model"]) == (200, model.version)
    for found, expected in zip(content["outputs"], model.scores(texts, content["languages"]), strict=True):
        assert [one["label"] for one in found] == list(LABELS)
        assert [one["score"] for one in found] == pytest.approx(expected.tolist(), abs=1e-5)
    packed = event("eyJpbnB1dHMiOlsieW91IGlkaW90Il0sImV4cGxhaW4iOnRydWV9", isBase64Encoded=True)
    assert [word["word"] for word in json.loads(function.ask(packed)["body"])["explanations"][0]] == ["you", "idiot"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [(event("{"), 422), (event('{"inputs": []}'), 422), (event('{"inputs": [1]}'), 422), (event(""), 422),
     (event("", "GET"), 404), (event("", path="/"), 404)],
)  # fmt: skip
def test_what_the_lambda_cannot_score_is_told(function: Lambda, asked: dict[str, Any], status: int) -> None:
    answer = function.ask(asked)
    assert answer["statusCode"] == status
    assert "detail" in json.loads(answer["body"])
