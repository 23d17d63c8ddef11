"""How long the chaos test may take."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECONDS_A_ROUND = 180


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rounds = config.getoption("chaos_rounds") or 10
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(60 + rounds * SECONDS_A_ROUND))
