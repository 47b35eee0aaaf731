"""The notebooks of the docs: their cells run, and what is stored in them can be passed on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST = 400_000  # bytes of a notebook
SMALLER = {
    r"steps = \d+": "steps = 10",
    r"\bn=\d+": "n=100",
    r"steps \+ \d+": "steps + 10",
    r"\(0, 1, 2\)": "(0,)",
    '"dcgan", data="fashion"': '"nsgan", data="digits", width=4, latent=4, batch=8',
}
names = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_two() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["first_gan", "own_game"]


@names
def test_its_outputs_are_stored_and_small_and_name_no_path(notebook: Path) -> None:
    text = notebook.read_text("utf-8")
    assert len(text) < MOST
    assert not re.search(r"/(tmp|home|work|Users|root)/", text)
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] for cell in cells)
    for cell in cells:
        assert all(output["output_type"] != "error" for output in cell["outputs"])
        assert all(output.get("name") != "stderr" for output in cell["outputs"])


@names
def test_its_links_resolve(notebook: Path) -> None:
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        for link in re.findall(r"\]\(([^)#]+)", "".join(cell["source"])):
            assert (FOLDER / link).exists(), link


def test_their_cells_run(tmp_path: Path) -> None:
    """From the first to the last, in one kernel, with little training of small players."""
    nbformat = pytest.importorskip("nbformat", reason="needs nbclient and ipykernel")
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient and ipykernel")
    pytest.importorskip("ipykernel", reason="needs nbclient and ipykernel")
    page, *others = (nbformat.read(notebook, 4) for notebook in NOTEBOOKS)
    page.cells += [cell for other in others for cell in other.cells]
    for cell in page.cells:
        for pattern, small in SMALLER.items():
            cell.source = re.sub(pattern, small, cell.source)
    place = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(page, timeout=300, resources=place).execute()
    outputs = [output for cell in page.cells for output in cell.get("outputs", [])]
    shown = [output.get("data", {}).get("text/html", "") for output in outputs]
    bars = [html for html in shown if "<progress" in html]
    assert len(bars) == 5
    assert all('<progress value="1.000"></progress> step' in bar for bar in bars)
