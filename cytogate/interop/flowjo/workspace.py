"""A FlowJo 10 workspace: its samples, groups, gating strategies and stored counts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from cytogate.errors import InteropError, Problem, nearest
from cytogate.interop.flowjo.build import build_strategy, what_prevents
from cytogate.interop.flowjo.matching import Matches, match_files
from cytogate.interop.flowjo.outline import groups_of, heads_of, names_of, version_of
from cytogate.interop.flowjo.samples import FlowJoSample, read_sample
from cytogate.interop.xml import parse_xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.fcs.file import FcsFile
    from cytogate.fcs.source import EventSource
    from cytogate.gating.strategy import GatingStrategy

MAX_BYTES = 256 * 2**20

_MAPPINGS = ("groups", "_samples")


@dataclass(frozen=True)
class FlowJoWorkspace:
    """What a FlowJo workspace holds.

    Attributes
    ----------
    path : str
        The file, as it was named.
    version : str
        The FlowJo that saved it: ``"10.8.1"``; empty where the file does not say.
    groups : mapping of str to tuple of str
        Group -> names of its samples.
    """

    path: str
    version: str
    groups: Mapping[str, tuple[str, ...]] = field(repr=False)
    _samples: Mapping[str, FlowJoSample] = field(repr=False)
    _warnings: tuple[Problem, ...] = field(repr=False)
    _skip: bool = field(repr=False)
    _strategies: dict[str, GatingStrategy | InteropError] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def sample_names(self) -> tuple[str, ...]:
        """Names of all samples, in the order of the file.

        A name that several samples have is followed by the sample id, for each of them: ``"tube.fcs (12)"``.
        """
        return tuple(self._samples)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is odd about the workspace, and every problem and warning of every sample."""
        found = list(self._warnings)
        for name in self._samples:
            made = self._strategy(name)
            found += made.problems if isinstance(made, InteropError) else made.warnings
        return tuple(found)

    def sample(self, name: str) -> FlowJoSample:
        """Return a sample: its keywords, URI, stored count and populations.

        Raises
        ------
        InteropError
            There is no sample of that name, or several.
        """
        if name in self._samples:
            return self._samples[name]
        twins = [one.name for one in self._samples.values() if one.node_name == name]
        hint = f"Several have that name: {', '.join(twins)}." if twins else nearest(name, self.sample_names)
        message = f"{self.path} has no sample {name!r}. {hint}"
        raise InteropError(message, [Problem("sample-unknown", self.path, message)])

    def strategy(self, name: str, file: EventSource | None = None) -> GatingStrategy:
        """Return the gating strategy of a sample.

        Gates are on the scales that the sample has in FlowJo, linear axes in data values. The gates of
        parameters such as ``Comp-FITC-A`` are compensated by the sample's matrix.

        Parameters
        ----------
        name : str
            One of `sample_names`.
        file : EventSource, optional
            The events that are to be gated. They settle which channels there are: a file that was exported
            with compensated channels is not compensated again, and the strategy says so in its warnings.

        Raises
        ------
        InteropError
            Lists every problem of the sample with file, line and population.
        """
        sample = self.sample(name)
        if file is not None:
            return build_strategy(sample, file, self.path, skip_unsupported=self._skip)
        made = self._strategy(name)
        if isinstance(made, InteropError):
            raise InteropError(made.title, made.problems)
        return made

    def stored_counts(self, name: str) -> dict[str, int | None]:
        """Return FlowJo's own count of each population of a sample, by path; None where it has none."""
        return {population.path: population.count for population in self.sample(name).populations}

    def match(self, files: Iterable[str | os.PathLike[str] | FcsFile]) -> Matches:
        """Return which file belongs to which sample, and everything that could not be settled.

        See `match_files` for the rules.
        """
        return match_files(tuple(self._samples.values()), files, self.path)

    def __getstate__(self) -> dict[str, object]:
        # A read-only mapping does not pickle; workspaces cross process borders. Strategies are made again.
        state: dict[str, Any] = {**self.__dict__, "_strategies": {}}
        return state | {key: dict(state[key]) for key in _MAPPINGS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            object.__setattr__(self, key, MappingProxyType(value) if key in _MAPPINGS else value)

    def _strategy(self, name: str) -> GatingStrategy | InteropError:
        if name not in self._strategies:
            try:
                self._strategies[name] = build_strategy(
                    self._samples[name], None, self.path, skip_unsupported=self._skip
                )
            except InteropError as error:
                self._strategies[name] = error
        return self._strategies[name]


def read_flowjo(
    path: str | os.PathLike[str], *, on_unsupported: Literal["error", "skip"] = "error"
) -> FlowJoWorkspace:
    """Return the samples, groups, gates and stored counts of a FlowJo 10 workspace (.wsp).

    What is wrong with one sample is raised when its strategy is asked for; the others can be used. A
    workspace none of whose samples can be gated is refused at once.

    Parameters
    ----------
    path : path-like
        The file.
    on_unsupported : {"error", "skip"}
        What to do with gates that this version does not read: curved quadrants, parameters that FlowJo
        calculates from others, scales and matrices of unknown kinds. ``"skip"`` leaves them out with
        everything that needs them, each listed in the warnings of the strategy.

    Raises
    ------
    InteropError
        The file is no workspace of FlowJo 10, two samples share an id, or no sample can be gated; lists
        every problem with file and line.

    Examples
    --------
    >>> read_flowjo("missing.wsp")
    Traceback (most recent call last):
    cytogate.errors.InteropError: missing.wsp cannot be read as XML.
      missing.wsp: the file cannot be read: No such file or directory
    """
    if on_unsupported not in ("error", "skip"):
        message = f"on_unsupported is {on_unsupported!r}; expected 'error' or 'skip'."
        raise ValueError(message)
    name = os.fspath(path)
    root = parse_xml(name, max_bytes=MAX_BYTES)
    version = version_of(root, name)
    heads = heads_of(root, name)
    names = names_of(heads)
    samples = {names[head.id]: read_sample(head, names[head.id], name, version) for head in heads}
    groups, warnings = groups_of(root, names, name)
    skip = on_unsupported == "skip"
    _refuse_useless(samples.values(), name, skip_unsupported=skip)
    return FlowJoWorkspace(
        path=name,
        version=version,
        groups=MappingProxyType(groups),
        _samples=MappingProxyType(samples),
        _warnings=tuple(warnings),
        _skip=skip,
    )


def _refuse_useless(samples: Iterable[FlowJoSample], path: str, *, skip_unsupported: bool) -> None:
    problems: list[Problem] = []
    for sample in samples:
        found = what_prevents(sample, skip_unsupported=skip_unsupported)
        if not found:
            return
        problems += found
    title = f"{path}: no sample of this workspace can be gated."
    raise InteropError(title, problems)
