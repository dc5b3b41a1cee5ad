"""Terms are explained where they are met first, and data stay what they are."""

from __future__ import annotations

import re

from markupsafe import Markup
from report.test_report import parsed

from cytogate.report.glossary import TERMS, marked
from cytogate.report.page import page_html
from cytogate.report.section import CHAPTERS, section_kinds


def test_a_term_is_marked_once_outside_pictures_links_and_headings():
    body = Markup(
        '<h3>LLOQ</h3><svg><text>LLOQ</text></svg><a href="#x">LLOQ</a><p title="LLOQ">an LLOQ, LLOQ</p>'
        "<p>LLOQ</p>"
    )
    found = str(marked(body))
    assert found.count("<abbr") == 1
    assert '<p title="LLOQ">an <abbr title="Lower limit' in found
    assert re.sub(r"</?abbr[^>]*>", "", found) == str(body)


def test_two_terms_of_one_text_are_both_marked_and_q_is_no_letter_of_a_word():
    found = str(marked(Markup("<p>p = 0.03 (95 % CI 1 to 2), q = 0.05; group = 5</p>")))
    assert [re.sub("<.*?>", "", mark) for mark in re.findall(r"<abbr.*?</abbr>", found)] == [
        "p",
        "95 % CI",
        "q",
    ]


def test_r_is_no_letter_of_a_word():
    body = Markup("<p>Do they move together within patients?</p>")
    assert str(marked(body)) == str(body)


def test_marks_change_no_escaped_text():
    body = Markup("<p>{} LOD</p>").format('<b>"p = 1" & q</b>')
    assert re.sub(r"</?abbr[^>]*>", "", str(marked(body))) == str(body)


def test_every_term_is_in_the_glossary_of_the_page_which_marks_it(made_run):
    page = parsed(page_html(made_run))
    shown = [term.text_content() for term in page.xpath('//section[@id="glossary"]//dt')]
    assert shown == [term.word for term in TERMS]
    meanings = {term.meaning for term in TERMS}
    marks = page.xpath("//main//abbr[@title]")
    assert marks
    assert {mark.get("title") for mark in marks} <= meanings
    assert not page.xpath('//section[@id="glossary"]//abbr')


def test_the_contents_tell_a_story_in_chapters(made_run):
    page = parsed(page_html(made_run))
    lines = [item.text_content().strip() for item in page.xpath("//nav//li")]
    titles = [title for _, title in CHAPTERS if title != "With what"]  # this run has no clinical table
    assert [line for line in lines if line in titles] == titles
    at = {line: i for i, line in enumerate(lines)}
    assert lines[:3] == ["What was found", "Overview", "Response"]
    assert (
        at["What changed"]
        < at["Trends"]
        < at["In whom"]
        < at["Courses of each patient"]
        < at["How it was gated"]
    )
    assert lines[-1] == "Glossary"


def test_no_two_sections_have_one_order():
    orders = [section_kinds.get(name).order for name in section_kinds.names()]
    assert len(set(orders)) == len(orders)


def test_words_of_daily_use_are_no_terms():
    body = Markup("<p>The file is cut short, three standard deviations off.</p>")
    assert str(marked(body)) == str(body)
    assert "<abbr" in str(marked(Markup("<p>a cut, by its deviations</p>")))
