"""Each form makes of the sample Pack what its example says; REWRITE=1 writes the example anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from export_samples import PACK
from glasshouse.leaf import forms

EXAMPLES = Path(__file__).parent / "examples" / "exports"


@pytest.mark.parametrize("form", forms())
def test_the_form_makes_its_example(form):
    leaf = forms()[form]
    text = "".join(f"===== {file.name}\n{file.text}" for file in leaf.render(PACK))
    example = EXAMPLES / f"{form}.expected.txt"
    if os.environ.get("REWRITE"):
        example.write_text(text, encoding="utf-8")
    assert text == example.read_text(encoding="utf-8")
