"""The journal: every line is checked, and a torn or damaged one is none."""

from __future__ import annotations

import json
import zlib

import pytest

from cytogate.study.running.journal import Journal, read_journal

ENTRIES = [{"kept": "sample", "name": name, "key": str(n)} for n, name in enumerate(["a", "é \n", "c", "d"])]


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "journal.jsonl"
    journal = Journal(made, ENTRIES[:1])
    journal.append(ENTRIES[1])
    journal.append(*ENTRIES[2:])
    journal.close()
    return made


def test_what_is_added_is_read_in_its_order(place):
    assert read_journal(place) == (ENTRIES, [])
    assert read_journal(place.with_name("no")) == ([], [])


def test_every_cut_leaves_the_whole_lines_before_it_and_a_note(place):
    whole = place.read_bytes()
    ends = [n + 1 for n, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole)):
        place.write_bytes(whole[:cut])
        entries, notes = read_journal(place)
        assert entries == ENTRIES[: max(0, sum(end <= cut for end in ends) - 1)]
        assert bool(notes) is (cut not in (0, *ends))


def test_every_flipped_bit_costs_its_own_line_or_two_and_is_noted(place):
    whole = place.read_bytes()
    line_of = [whole[:n].count(10) for n in range(len(whole))]
    for n in range(len(whole)):
        for bit in (0, 3, 7):
            torn = bytearray(whole)
            torn[n] ^= 1 << bit
            place.write_bytes(torn)
            entries, notes = read_journal(place)
            assert notes
            assert all(entry in ENTRIES for entry in entries)
            lost = {line_of[n], line_of[n] + 1} if whole[n] == 10 else {line_of[n]}
            assert entries == [entry for at, entry in enumerate(ENTRIES, start=1) if at not in lost]


@pytest.mark.parametrize("content", [b"\0" * 512, b"\n\n\n", b"no journal\n", b"x" * 100_000])
def test_what_is_no_journal_has_no_entries(tmp_path, content):
    place = tmp_path / "journal.jsonl"
    place.write_bytes(content)
    entries, notes = read_journal(place)
    assert entries == []
    assert notes


def test_nothing_is_taken_from_a_newer_version(place):
    text = json.dumps({"format": "cytogate.journal", "version": 2}).encode()
    rest = place.read_bytes().split(b"\n", 1)[1]
    place.write_bytes(b"%08x %s\n%s" % (zlib.crc32(text), text, rest))
    entries, notes = read_journal(place)
    assert entries == []
    assert "version 2, and this cytogate reads version 1" in notes[0]


def test_a_journal_begun_anew_over_a_torn_one_is_whole(place):
    place.write_bytes(place.read_bytes()[:-3])
    journal = Journal(place, read_journal(place)[0])
    journal.append(ENTRIES[3])
    journal.close()
    assert read_journal(place) == (ENTRIES, [])
