"""Verifiers that are not ours agree with us: @digitalbazaar/vc and verifier-core on documents, jose on tokens.

GRADER_VERIFIERS names the folder whose node_modules holds them; `.ci/run` installs them.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tests.badges.conftest import LIST, PLACE, PRIVATE, PUBLIC, STRANGER, Workshop, payload_of, token_of

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def said(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bool]]:
    """What each verifier says of each case."""
    folder, node = os.environ.get("GRADER_VERIFIERS"), shutil.which("node")
    if not folder or not node:
        pytest.skip("GRADER_VERIFIERS names no folder with the verifiers: see `.ci/run`, which installs them by npm")
    cases = tmp_path_factory.mktemp("cases") / "cases.json"
    cases.write_text(json.dumps(made(workshop)), encoding="utf-8")
    command = [node, "--input-type=module", "-", str(cases)]
    script = Path(__file__).with_name("verify.mjs").read_text(encoding="utf-8")
    done = subprocess.run(command, cwd=folder, input=script, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    answers: dict[str, dict[str, bool]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def made(workshop: Workshop) -> dict[str, Any]:
    """A badge that holds, one with an edited name, one that is revoked, and one of another key."""
    from openbadgeslib.ob3.contexts import document_loader

    tampered = json.loads(workshop.badge.document)
    tampered["credentialSubject"]["id"] = "mailto:bob@example.org"
    gone = workshop.ob.secured(workshop.but(status_index=PLACE + 1), PRIVATE)
    header, _, signature = workshop.badge.token.split(".")
    payload = token_of({}, payload_of(workshop.badge.token) | {"sub": "mailto:bob@example.org"}).split(".")[1]
    contexts = set(json.loads(workshop.badge.document)["@context"])
    contexts |= {"https://w3id.org/security/data-integrity/v2", "https://w3id.org/security/multikey/v1"}
    load = document_loader()
    raw = load_pem_public_key(PUBLIC).public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "served": {name: json.dumps(load(name, {})["document"]) for name in contexts}
        | {LIST: workshop.status(PLACE + 1)},
        "documents": {
            "holds": json.loads(workshop.badge.document),
            "tampered": tampered,
            "revoked": json.loads(gone.document),
            "forged": json.loads(workshop.document(lambda _: None, STRANGER)),
        },
        "tokens": {
            "holds": workshop.badge.token,
            "tampered": f"{header}.{payload}.{signature}",
            "forged": workshop.ob.secured(workshop.facts, STRANGER).token,
        },
        "did": workshop.did,
        "key": {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()},
    }


@pytest.mark.parametrize("verifier", ["vc", "core"])
def test_they_agree_on_documents(said: dict[str, dict[str, bool]], verifier: str) -> None:
    """The status list included, which has to be a Data Integrity one."""
    assert said[verifier] == {"holds": True, "tampered": False, "revoked": False, "forged": False}


def test_they_agree_on_tokens(said: dict[str, dict[str, bool]]) -> None:
    """With the issuer's key; the one in the header is nobody's."""
    assert said["jose"] == {"holds": True, "tampered": False, "forged": False}
