"""`${NAME}`: where it may stand, what is read, what is missing, and that it stays masked."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from scanner.targets import (
    BadTargets,
    MissingVariables,
    TargetsFile,
    missing_in,
    revealed,
    secrets_of,
)
from scanner.targets.load import parse

HEAD = "version: 1\ntargets:\n  - name: a\n    url: https://staging.example.com\n"


def loaded(text: str, *allowed: str, **env: str) -> TargetsFile:
    return parse((HEAD + text).encode(), Path("targets.yaml"), env=env, allowed=allowed)


def complaints_about(text: str, **env: str) -> list[str]:
    with pytest.raises(BadTargets) as caught:
        loaded(text, **env)
    return list(caught.value.complaints)


def test_a_variable_is_replaced_inside_one_scalar() -> None:
    text = '    headers: {X-Key: "v1 ${WALLWALK_KEY}-${WALLWALK_KEY}"}\n'
    file = loaded(text, WALLWALK_KEY="k: 1")

    assert revealed(file.targets[0].headers) == {"X-Key": "v1 k: 1-k: 1"}


def test_what_a_variable_holds_is_not_read_as_a_variable() -> None:
    file = loaded('    headers: {X-Key: "${WALLWALK_A}"}\n', WALLWALK_A="${WALLWALK_B}")

    assert revealed(file.targets[0].headers) == {"X-Key": "${WALLWALK_B}"}


def test_variables_may_stand_in_every_section_that_the_contract_names() -> None:
    file = loaded(
        """\
    headers: {X-A: "${WALLWALK_V}"}
    identities: {ann: {username: "${WALLWALK_V}", password: "${WALLWALK_V}"}}
    logins: {api: {json: {url: "/${WALLWALK_V}", body: {k: ["${WALLWALK_V}"]}}}}
    registration: {url: /r, body: {k: "${WALLWALK_V}"}}
    reset: {url: /r, body: {k: "${WALLWALK_V}"}}
    password_change: {url: /r, body: {k: "${WALLWALK_V}"}}
    tokens: {signing_key: "${WALLWALK_V}"}
    assistants: [{url: /c, input: $.m, output: $.r, secret: "${WALLWALK_V}"}]
    start: {command: [x], env: {K: "${WALLWALK_V}"}}
""",
        WALLWALK_V="value",
    )
    target = file.targets[0]

    assert target.identities["ann"].username == "value"
    assert target.identities["ann"].password is not None
    assert target.identities["ann"].password.reveal() == "value"
    login = target.logins["api"].json_
    assert login is not None
    assert (login.url, revealed(login.body)) == ("/value", {"k": ["value"]})
    assert revealed(target.registration[0].body) == {"k": "value"}
    assert target.start is not None
    assert revealed(target.start.env) == {"K": "value"}
    assert target.missing == ()


@pytest.mark.parametrize(
    "text",
    [
        "    proxy: http://${WALLWALK_V}\n",
        "    known_users: ['${WALLWALK_V}']\n",
        "    presign: {url: /p, body: {k: '${WALLWALK_V}'}}\n",
        "    start: {command: ['sh', '${WALLWALK_V}']}\n",
        "suppressions: [{check: a, reason: '${WALLWALK_V}', until: 2027-01-01}]\n",
    ],
)
def test_a_variable_elsewhere_is_refused_and_the_places_are_named(text: str) -> None:
    told = complaints_about(text, WALLWALK_V="http://127.0.0.1")

    assert "variables are allowed in the values of headers, identities, logins" in told[0]


def test_a_variable_of_another_name_is_not_read() -> None:
    told = complaints_about('    headers: {X-Key: "${HOME}"}\n', HOME="/home/ann")

    assert told == [
        "targets.yaml:5: 'X-Key' in targets[0].headers: the variable HOME is not read; "
        "call it WALLWALK_HOME, or allow it with --env HOME"
    ]


def test_a_variable_that_is_allowed_by_name_is_read() -> None:
    file = loaded('    headers: {X-Key: "${CI_KEY}"}\n', "CI_KEY", CI_KEY="k")

    assert revealed(file.targets[0].headers) == {"X-Key": "k"}


@pytest.mark.parametrize("written", ["${}", "${WALLWALK_A:-x}", "${WALLWALK A}", "${WALLWALK_A"])
def test_a_variable_without_a_plain_name_is_refused(written: str) -> None:
    told = complaints_about(f'    headers: {{X-Key: "{written}"}}\n', WALLWALK_A="x")

    assert told == [
        "targets.yaml:5: 'X-Key' in targets[0].headers holds a '${' that names no variable; "
        "write ${WALLWALK_…}"
    ]


def test_a_variable_in_a_key_is_refused() -> None:
    told = complaints_about('    headers: {"${WALLWALK_A}": x}\n', WALLWALK_A="x")

    assert any("a variable can't be a key" in line for line in told)


def test_a_variable_where_a_number_or_switch_stands_is_refused() -> None:
    told = complaints_about("    identities: {ann: {token: '${WALLWALK_A}', "
                            "disposable: '${WALLWALK_A}'}}\n", WALLWALK_A="true")  # fmt: skip

    assert told == [
        "targets.yaml:5: 'disposable' in targets[0].identities.ann can't take a variable; "
        "write it out"
    ]


def test_a_missing_variable_stops_nothing_and_is_named_where_it_is_needed() -> None:
    file = loaded(
        """\
    identities:
      ann: {username: ann, password: "${WALLWALK_ANN}"}
      bob: {username: bob, password: "${WALLWALK_BOB}"}
    login: {form: {url: "${WALLWALK_URL}", fields: {u: "{username}"}}}
""",
        WALLWALK_ANN="secret-of-ann",
        WALLWALK_BOB="",
    )
    target = file.targets[0]

    assert target.identities["ann"].missing == ()
    assert target.identities["bob"].missing == ("WALLWALK_BOB",)
    assert target.logins["login"].missing == ("WALLWALK_URL",)
    assert target.missing == ("WALLWALK_BOB", "WALLWALK_URL")


def test_a_missing_variable_is_never_sent_as_something_else() -> None:
    file = loaded('    headers: {X-A: plain, X-Key: "v1 ${WALLWALK_KEY}"}\n')
    headers = file.targets[0].headers

    assert missing_in(headers) == ("WALLWALK_KEY",)
    with pytest.raises(MissingVariables, match="WALLWALK_KEY is not set"):
        revealed(headers)


def test_secrets_are_masked_however_they_are_printed() -> None:
    file = loaded('    identities: {ann: {username: "${WALLWALK_A}", password: "${WALLWALK_A}"}}\n'
                  '    registration: {url: /r, body: {k: "${WALLWALK_A}"}}\n',
                  WALLWALK_A="canary-value")  # fmt: skip
    identity = file.targets[0].identities["ann"]
    texts = [
        repr(file),
        str(file.targets[0]),
        repr(identity),
        f"{identity.password}",
        repr(identity.password),
        repr(file.targets[0].registration),
        repr(file.targets[0].registration[0].body),
        str(identity.model_dump()["password"]),
    ]

    assert not any("canary" in text for text in texts)
    assert identity.password is not None
    assert pickle.loads(pickle.dumps(identity.password)).reveal() == "canary-value"


def test_all_secret_texts_are_collected_and_nothing_else() -> None:
    text = """version: 1
targets:
  - name: a
    url: http://127.0.0.1:8000
    headers: {X-Scan: wallwalk, Authorization: "Bearer literal-token", X-K: "v1 ${WALLWALK_K}"}
    identities: {ann: {username: ann, password: literal-password, totp_secret: "${WALLWALK_T}"}}
    login: {oauth2: {token_url: /t, client_secret: "pre-${WALLWALK_C}"}}
    registration: {url: /r, body: {username: "{username}", password: literal-in-body}}
"""
    env = {"WALLWALK_K": "key-value", "WALLWALK_T": "totp-value", "WALLWALK_C": "client-value",
           "WALLWALK_UNUSED": "unused-value"}  # fmt: skip
    file = parse(text.encode(), Path("targets.yaml"), env=env)

    assert set(secrets_of(file)) == {
        "Bearer literal-token", "literal-token", "v1 key-value", "key-value", "literal-password",
        "totp-value", "pre-client-value", "client-value", "literal-in-body",
    }  # fmt: skip
    assert list(secrets_of(file)) == sorted(secrets_of(file), key=lambda t: (-len(t), t))
