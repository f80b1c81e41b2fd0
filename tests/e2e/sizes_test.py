"""How large images are, and a word where one has grown by too much."""

import random

from projects import Project


def test_an_image_that_grows(project: Project) -> None:
    """Sizes stand in status --json; watch, status and the log say what exceeds the budget, once each."""
    project.configure('[publish]\nsize-budget = "100kB"\n')
    first = project.commit("One")
    assert "has grown" not in project.imagebump("watch").out
    small = project.record(first)["size"]
    assert small > 1000
    noise = random.Random(1).randbytes(400_000)
    second = project.commit("Two", **{"app.txt": noise})
    line = f"{second[:7]} 1.0.1: the image has grown by 0.4 MB ("
    said = project.imagebump("watch").out
    assert line in said
    assert "since 1.0.0, to " in said
    assert said.rstrip().endswith("publish.size-budget is 100kB")
    assert line in project.imagebump("status").out
    assert "has grown by 0.4 MB" in project.imagebump("logs").out
    assert project.record(second)["size"] - small > 400_000
    third = project.commit("Words", **{"README.md": "words\n"})
    assert "has grown" not in project.imagebump("watch").out
    assert project.record(third)["size"] == project.record(second)["size"]
