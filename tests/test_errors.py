"""Errors cross process borders: each keeps what it says, whatever it was raised from."""

from __future__ import annotations

import copy
import copyreg
import pickle
import threading

import pytest

from cytogate import errors
from cytogate.errors import CytogateError, FcsError, Problem, StoreError, StudyError
from cytogate.fcs.read import read_fcs

PROBLEM = Problem("row-doubled", "samples.csv row 7", "The tube stands twice.", "Keep one row.")
EVERY = [
    FcsError("data-truncated", "a.fcs", "DATA", 251, "1 event", "2 events", fix="Copy it again."),
    StoreError("The folder is not empty.", problems=[PROBLEM]),
    *(
        kind("It is wrong.", [PROBLEM])
        for kind in (StudyError, errors.TemplateError, errors.GatingError, errors.InteropError)
    ),
    *(
        kind("It is wrong.", problems=[PROBLEM])
        for kind in (CytogateError, errors.PanelError, errors.CompensationError, errors.TransformError)
    ),
]


def said(error):
    return type(error), str(error), error.args, vars(error)


class Unpicklable(Exception):
    """As errors of HTTP clients and XML readers: it holds what no other process can have."""

    def __init__(self):
        super().__init__("no")
        self.lock = threading.Lock()


def raised_from_unpicklable(error):
    try:
        try:
            raise Unpicklable
        except Unpicklable as cause:
            raise copy.copy(error) from cause
    except type(error) as caught:
        return caught


@pytest.fixture
def taught():
    """Pickle takes along causes and tracebacks of exceptions, as when Dask is loaded."""
    support = pytest.importorskip("tblib.pickling_support", reason="tblib comes with the extra 'dask'")
    before = copyreg.dispatch_table.copy()
    support.install()
    yield
    copyreg.dispatch_table.clear()
    copyreg.dispatch_table.update(before)


def test_every_kind_of_error_is_tried():
    kinds = [CytogateError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {type(error) for error in EVERY} == {kind for kind in kinds if not kind.__name__.startswith("_")}


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_a_pickled_error_says_the_same(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert said(again) == said(error)


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_an_error_is_pickled_without_what_it_was_raised_from(taught, error):
    with pytest.raises(TypeError, match="lock"):
        pickle.dumps(Unpicklable())
    caught = raised_from_unpicklable(error)
    assert caught.__traceback__ is not None
    again = pickle.loads(pickle.dumps(caught))
    assert said(again) == said(error)
    assert again.__cause__ is None
    assert again.__traceback__ is None


def test_a_pickled_error_can_be_raised_and_pickled_again(taught):
    again = pickle.loads(pickle.dumps(EVERY[0]))
    with pytest.raises(FcsError, match="data-truncated") as caught:
        raise again
    assert said(pickle.loads(pickle.dumps(caught.value))) == said(EVERY[0])


def test_no_refusal_is_its_own_cause(tmp_path):
    from fcs.build import build, keywords, unsigned

    words = keywords(1, 2, datatype="I", bits=8, ranges=256)
    path = tmp_path / "a.fcs"
    path.write_bytes(build(words, unsigned([[1], [2]], (1,)))[:-1])
    with pytest.raises(FcsError, match="data-truncated") as caught:
        read_fcs(path)
    seen, link = [], caught.value
    while link is not None:
        assert link not in seen
        seen.append(link)
        link = link.__cause__ or link.__context__
