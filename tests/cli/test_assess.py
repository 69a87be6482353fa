"""The forecast from past tickets: by the file's intents, or by what was answered."""

import csv
import io
import json
import random
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.assess import Past, group_replies
from cli.assess import assess as forecast
from cli.commands.assess import assess, read, show
from cli.imports import Columns
from cli.main import Commands
from core.errors import Rejected

ASKED = {
    "lost_card": ("I lost my {}", "my {} was stolen", "please block my {}", "someone took my {}"),
    "opening": ("when do you open on {}", "are you open {}", "opening hours {}", "until when on {}"),
    "parcel": ("where is my {}", "my {} is late", "{} has not arrived", "track the {}"),
}
THINGS = {
    "lost_card": ("card", "credit card", "bank card", "debit card", "Visa"),
    "opening": ("Sunday", "Monday", "Christmas", "holidays", "Friday"),
    "parcel": ("parcel", "order", "delivery", "package", "shipment"),
}
REPLY = {
    "lost_card": "Hello {}, we have blocked the card and send you a new one within five days.",
    "opening": "Hello {}, our shops are open from nine to six, Monday to Saturday.",
    "parcel": "Hello {}, parcels take two to four days. Follow yours with the number in the confirmation.",
}


def past() -> list[Past]:
    chance = random.Random(1)
    found = [
        Past(phrase.format(thing), REPLY[label].format(chance.choice(("Lan", "Tom", "Mai"))), "en", label)
        for label, phrases in ASKED.items()
        for phrase in phrases
        for thing in THINGS[label]
    ]
    found = found * 2
    chance.shuffle(found)
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("past") / "past.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["body", "answer", "intent"])
        writer.writerows([one.text, one.reply, one.label] for one in past())
    return path


def run(*words: str) -> str:
    app = Commands()
    app.command()(assess)
    made = CliRunner().invoke(app, list(words))
    assert made.exit_code == 0, made.output
    return made.stdout


def test_the_forecast_gives_shares_with_bands_for_each_accuracy(file: Path) -> None:
    found = json.loads(run(str(file), "--text", "body", "--label", "intent", "--json"))
    assert (found["tickets"], found["intents"], found["labels"]) == (120, 3, "the file's own")
    assert found["accuracy"] > 0.9
    assert [share["target"] for share in found["shares"]] == [0.9, 0.95, 0.97, 0.99]
    for share in found["shares"]:
        assert share["low"] <= share["share"] <= share["high"]
    assert found["shares"][0]["audits_first"] >= 50
    assert {one["intent"] for one in found["by_intent"]} == set(ASKED)


def test_without_intents_tickets_with_one_answer_are_a_group(file: Path) -> None:
    said = run(str(file), "--text", "body", "--reply", "answer")
    assert "120 tickets, 3 intents (groups of tickets that were answered alike)" in said
    assert "not a certificate" in said


def test_replies_that_say_the_same_are_one_group_and_rare_ones_none() -> None:
    replies = [one.reply for one in past()[:30]] + ["Your loan was declined by the head office.", ""]
    groups = group_replies(replies, lambda _: None)
    assert len(set(groups[:30])) == 3
    assert groups[30:] == [-1, -1]


def test_an_intent_whose_replies_differ_is_told_to_lack_an_answer() -> None:
    tickets = past()
    chance = random.Random(2)
    words = [str(number) for number in range(500)]
    tickets = [t._replace(reply=" ".join(chance.sample(words, 9))) if t.label == "parcel" else t for t in tickets]
    gaps = {one.intent: one.gaps for one in forecast(tickets).by_intent}
    assert "replies are alike" in gaps["parcel"][0]
    assert gaps["opening"] == ()


def test_a_limit_takes_rows_from_all_over_the_file(file: Path) -> None:
    found = read(file, Columns("body", reply="answer", label="intent"), 60)
    whole = read(file, Columns("body", reply="answer", label="intent"), 0)
    assert (len(found), len(whole)) == (60, 120)
    assert found == whole[::2]


def test_where_the_past_does_not_rule_an_accuracy_out_it_is_not_yet_known() -> None:
    chance = random.Random(5)
    wrong = [t._replace(label=chance.choice(tuple(ASKED))) if chance.random() < 0.3 else t for t in past()]
    found = forecast(wrong)
    shares = found.shares
    shown = Console(width=80, file=io.StringIO(), record=True)
    show(found, shown)
    said = shown.export_text()
    unsure = [one for one in shares if one.audits_first is None and one.high > 0]
    assert unsure
    assert any(one.audits_least for one in unsure)
    assert said.count("not yet known:") == len(unsure)
    assert said.count("not by this past") == 2 * sum(one.high == 0 for one in shares)


def test_nothing_is_cut_off_in_a_narrow_terminal() -> None:
    long = {"parcel": "parcel and delivery questions/where is my parcel", "opening": "opening [hours] of all our shops"}
    tickets = [t._replace(label=long.get(t.label, t.label), reply="") for t in past()]
    shown = Console(width=80, file=io.StringIO(), record=True)
    show(forecast(tickets), shown)
    said = shown.export_text()
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 80
    assert all(part in said for part in ("band", "99%", "[hours]", "where is my"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_file_is_read_in_the_encodings_that_spreadsheets_save(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "past.csv"
    path.write_text(
        'Anliegen;Thema\r\n"Wo bleibt mein Päckchen – für 5 €?\r\nDanke";Lieferung\r\n', encoding, newline=""
    )
    (found,) = read(path, Columns("Anliegen", label="Thema"), 0)
    assert found == Past("Wo bleibt mein Päckchen – für 5 €?\r\nDanke", label="Lieferung")


def test_vietnamese_windows_files_are_told_from_western_ones(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    text = "mâ\u0323t khâ\u0309u thẻ cu\u0309a tôi bi\u0323 kho\u0301a, vâ\u0303n cho\u031bi".replace("ẻ", "e\u0309")
    text = text.replace("o\u031b", "ơ")
    path.write_bytes(f"câu ho\u0309i,label\n{text}\n".encode("cp1258"))
    (found,) = read(path, Columns("câu hỏi", label="label"), 0)
    assert found.text.startswith("mật khẩu thẻ của tôi bị khóa")
    path.write_bytes("text,label\nPerò così lì; Òscar finì, però può: così,card\n".encode("cp1252"))
    (found,) = read(path, Columns("text", label="label"), 0)
    assert found.text.startswith("Però così")


def test_replies_are_not_grouped_by_whom_they_greet() -> None:
    texts = ["Your parcel leaves today.", "You can return it within 30 days.", "The invoice is in your account."]
    names = ["Dear Anna", "Hi Ben", "Sehr geehrte Frau Vogel", "Chào anh Nam"]
    found = group_replies([f"{name},\n{text}" for text in texts for name in names], lambda _: None)
    assert [found[place] for place in (0, 4, 8)] == [found[place] for place in (3, 7, 11)]
    assert len(set(found)) == 3


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_bytes("text,reply\nгде мой заказ,Привет\n".encode("koi8-r"))
    assert read(path, Columns("text", reply="reply"), 0, "koi8-r")[0].text == "где мой заказ"
    for wrong in ("utf-8", "no-such"):
        with pytest.raises(Rejected, match=f"is not text in {wrong}") as refused:
            read(path, Columns("text", reply="reply"), 0, wrong)
        assert "--encoding" in refused.value.hint


def test_a_column_that_is_missing_is_named_with_its_own_option(file: Path) -> None:
    with pytest.raises(Rejected, match="no column 'topic'; it has 'body'") as refused:
        read(file, Columns("body", label="topic"), 0)
    assert "--label COLUMN" in refused.value.hint


def test_a_file_that_tells_nothing_of_right_answers_is_refused(file: Path) -> None:
    with pytest.raises(Rejected, match="which column tells"):
        read(file, Columns("body"), 0)
    with pytest.raises(Rejected, match="too few"):
        forecast(past()[:50])
    with pytest.raises(Rejected, match="of one kind"):
        forecast([Past("hello", label="one")] * 120)
