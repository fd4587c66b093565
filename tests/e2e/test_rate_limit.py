"""The rate limit on a local stack: many processes, one key; and an SDK that waits."""

import json
import logging
import subprocess
import sys
from collections import Counter

import pytest

from foreman_client import ForemanConfig, create_run, get_run
from tests.e2e.processes import ROOT, Stack, clean_environment, run

_ASK = """
import sys, urllib.error, urllib.request
endpoint, key, count = sys.argv[1:]
for _ in range(int(count)):
    request = urllib.request.Request(endpoint + "/api/v1/runs", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            print(answer.status, answer.headers["RateLimit-Policy"])
    except urllib.error.HTTPError as error:
        print(error.code, error.headers["RateLimit-Policy"])
"""


def limited_key(stack: Stack, limit: str) -> str:
    """A fresh key with that limit."""
    made = run(stack.data_dir, "keys", "create", "--org", "hasty", "--rate-limit", limit, "--json")
    return str(json.loads(made.stdout)["apiKey"])


def test_of_four_processes_with_fifty_requests_each_exactly_a_hundred_pass(stack: Stack) -> None:
    command = [sys.executable, "-c", _ASK, stack.endpoint, limited_key(stack, "100/15m"), "50"]
    asking = [
        subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = Counter(line for each in asking for line in each.communicate(timeout=60)[0].splitlines())
    assert answers == {"200 100;w=900": 100, "429 100;w=900": 100}


def test_the_sdk_waits_until_the_window_ends_and_goes_on(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    config = ForemanConfig(endpoint=stack.endpoint, api_key=limited_key(stack, "3/2s"))
    with caplog.at_level(logging.WARNING, "foreman_client"):
        run_id = create_run(config, input_data=None).unwrap().id
        assert [get_run(config, run_id).unwrap().id for _ in range(6)] == [run_id] * 6
    assert "the rate limit of this API key is spent" in caplog.text


def test_a_malformed_setting_is_told_before_anything_starts(stack: Stack) -> None:
    for command in (["dev", "--port", "0", "--ephemeral"], ["keys", "list"]):
        ended = run(stack.data_dir, *command, env={"FOREMAN_RATE_LIMIT": "many"})
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "FOREMAN_RATE_LIMIT: 'many' is no rate limit; write such as 100/15m" in ended.stderr
        assert len(ended.stderr.strip().splitlines()) == 1
