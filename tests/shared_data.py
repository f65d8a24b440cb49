"""Where the real log samples are, for tests that read them where they exist."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"
LOGS = DATA / "logs"
needs_logs = pytest.mark.skipif(not LOGS.is_dir(), reason="the folder of real log samples is not here")
