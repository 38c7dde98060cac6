"""Shows that each judgement can fail."""

import subprocess
import tempfile
from pathlib import Path

from . import baseline, costs, verdict
from .costs import Costs, File
from .verdict import Expected

_HERE = {"rustc": "1.0", "cpu": "x86_64"}
_ROW = Costs(50_000, 21.0, 3_500)


def run():
    tests = {name: test for name, test in globals().items() if name.startswith("_test_")}
    failed = 0
    for name, test in tests.items():
        try:
            test()
        except AssertionError as error:
            failed += 1
            print(f"{name.removeprefix('_test_')}: {error}")
    print(f"{len(tests) - failed} of {len(tests)} as they should be")
    return 1 if failed else 0


def _fault(now, slack=verdict.SLACK):
    expected = {"unary": Expected(_ROW, slack)}
    [judged] = verdict.judge(expected, {"unary": now}, [])
    assert (judged.now, judged.expected) == (now, _ROW), judged
    return judged.fault


def _test_as_in_the_file():
    assert not _fault(_ROW)
    assert not _fault(Costs(50_001, 21.0, 3_500)), "a figure is rounded"


def _test_a_hundred_instructions_more():
    assert "+100 instructions" in _fault(Costs(50_100, 21.0, 3_500))
    assert "+2 instructions" in _fault(Costs(50_002, 21.0, 3_500))


def _test_an_allocation_more():
    fault = _fault(Costs(50_000, 22.0, 3_516))
    assert "+1.0 allocations, +16 bytes" in fault and "--why" in fault, fault


def _test_an_allocation_in_a_hundred_operations():
    assert "+0.01 allocations" in _fault(Costs(50_000, 21.01, 3_500))


def _test_more_of_one_and_less_of_another():
    assert "costs more, +1 bytes" in _fault(Costs(49_000, 20.0, 3_501))


def _test_less_is_written_down_too():
    fault = _fault(Costs(49_900, 21.0, 3_500))
    assert fault == "costs less, -100 instructions: gate/run --update", fault


def _test_a_row_that_the_file_has_not():
    [judged] = verdict.judge({}, {"unary": _ROW}, [])
    assert "not in the file" in judged.fault


def _test_a_row_that_only_the_file_has():
    expected = {"unary": Expected(_ROW), "other": Expected(_ROW)}
    [judged] = verdict.judge(expected, {}, ["unary"])
    assert "no such row" in judged.fault


def _reasons(new, why):
    before = File(_HERE, {"unary": Costs(50_000, 21.0, 3_500, "as before")})
    [judged] = verdict.reasons(before, File(_HERE, {"unary": Costs(*new, why)}))
    return judged.fault


def _test_who_raises_says_why():
    assert "unary" in _reasons((50_100, 21.0, 3_500), "")
    assert "unary" in _reasons((50_000, 21.5, 3_500), "as before"), "an old reason"
    assert not _reasons((50_100, 21.0, 3_500), "a new one")
    assert not _reasons((49_900, 21.0, 3_500), "as before")


def _test_elsewhere_the_difference_counts():
    before = File(_HERE, {"unary": _ROW, "same": _ROW})
    file = File(_HERE, {"unary": Costs(48_000, 20.0, 3_400), "same": _ROW})
    built = {"unary": Costs(60_000, 21.0, 3_600), "same": Costs(70_000, 9.0, 90)}
    moved = baseline._moved(built, before, file)
    assert moved["unary"] == Expected(Costs(58_000, 20.0, 3_500), 200), moved
    assert moved["same"] == Expected(Costs(70_000, 9.0, 90), verdict.SLACK), moved


def _test_figures_of_two_environments_are_not_compared():
    before = File({"rustc": "0.9"}, {"unary": Costs(1, 1.0, 1)})
    moved = baseline._moved({"unary": _ROW}, before, File(_HERE, {"unary": Costs(2, 2.0, 2)}))
    assert moved["unary"] == Expected(_ROW, verdict.SLACK), moved


def _test_the_file_reads_as_it_is_written():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "costs.toml")
        costs.write(path, _HERE, {"unary": _ROW}, {"unary": 'it "says" more'})
        read = costs.read(path)
    assert read == File(_HERE, {"unary": _ROW}), read
    assert read.rows["unary"].why == 'it "says" more'


def _unknown(root):
    try:
        return baseline.expected(root, costs.read(root / costs.PATH), {"rustc": "2.0", "cpu": "x86_64"}, [])
    except baseline.Unknown as error:
        return str(error)


def _repository(folder):
    """A repository with a file that was committed once."""
    root = Path(folder, "one")
    (root / "gate").mkdir(parents=True)
    costs.write(root / costs.PATH, _HERE, {"unary": _ROW}, {})
    _git(root, "init", "--quiet")
    return root


def _git(root, *arguments):
    name = ["-c", "user.name=gate", "-c", "user.email=gate@example.com"]
    subprocess.run(["git", *name, *arguments], cwd=root, check=True, capture_output=True)


def _commit(root):
    _git(root, "add", ".")
    _git(root, "commit", "--quiet", "--allow-empty", "--message=a commit")


def _test_elsewhere_without_a_repository():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "gate").mkdir()
        costs.write(root / costs.PATH, _HERE, {"unary": _ROW}, {})
        assert "not a git repository" in _unknown(root)


def _test_elsewhere_with_a_file_in_no_commit():
    with tempfile.TemporaryDirectory() as folder:
        assert "in no commit" in _unknown_after_commit(_repository(folder))


def _unknown_after_commit(root):
    _git(root, "commit", "--quiet", "--allow-empty", "--message=another file's")
    return _unknown(root)


def _test_elsewhere_with_a_file_that_is_new():
    with tempfile.TemporaryDirectory() as folder:
        root = _repository(folder)
        _commit(root)
        assert "as old as the repository" in _unknown(root)


def _test_elsewhere_in_a_shallow_clone():
    with tempfile.TemporaryDirectory() as folder:
        root = _repository(folder)
        _commit(root)
        _commit(root)
        shallow = Path(folder, "two")
        _git(root, "clone", "--quiet", "--depth=1", f"file://{root}", str(shallow))
        assert "shallow" in _unknown(shallow)


def _test_elsewhere_the_commit_is_found():
    with tempfile.TemporaryDirectory() as folder:
        root = _repository(folder)
        _commit(root)
        costs.write(root / costs.PATH, _HERE, {"unary": Costs(1, 1.0, 1)}, {})
        _commit(root)
        file = costs.read(root / costs.PATH)
        _, before = baseline._base(root, file)
        assert before.rows == {"unary": _ROW}, "nothing has changed since: the one before"
        (root / "crates").mkdir()
        (root / "crates" / "lib.rs").write_text("// changed")
        _commit(root)
        _, before = baseline._base(root, file)
        assert before == file, "the commit that changed the file"
