from pathlib import Path

import pytest

from bench.ticket_line import intent_names, write_agent
from bench.ticket_sets import Row, read_sets, shots
from bench.tickets import main

HEAD = "text,label,split,lang\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_splits_are_read_and_others_ignored(tmp_path: Path) -> None:
    file = write(tmp_path / "bank" / "data.csv", HEAD + "a,x,train,en\nb,x,dev,en\nc,__oos__,test,vi\nd,x,spare,en\n")
    (found,) = read_sets(file)
    assert (found.name, found.train, found.val) == ("bank", (Row("a", "x", "en"),), (Row("b", "x", "en"),))
    assert found.test == (Row("c", "__oos__", "vi"),)
    assert not found.test[0].in_scope


@pytest.mark.parametrize("split", ["", ",all"])
def test_without_splits_a_fixed_hash_splits(tmp_path: Path, split: str) -> None:
    head = "text,label,split\n" if split else "text,label\n"
    rows = "".join(f"text {number},x{split}\n" for number in range(1000))
    (found,) = read_sets(write(tmp_path / "data.csv", head + rows))
    assert (found.train, found.test) == (read_sets(tmp_path)[0].train, read_sets(tmp_path)[0].test)
    assert 550 < len(found.train) < 650
    assert 250 < len(found.test) < 350
    assert len(found.train) + len(found.val) + len(found.test) == 1000


def test_a_folder_gives_one_set_for_each_file_that_can_be_used(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / f"{name}.csv", HEAD + "a,x,train,en\nb,x,test,en\n")
    write(tmp_path / "other.csv", "id,value\n1,2\n")
    assert [one.name for one in read_sets(tmp_path)] == ["one", "two"]


def test_a_path_without_a_usable_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no CSV"):
        read_sets(write(tmp_path / "data.csv", HEAD + "a,x,train,en\n"))


def test_a_set_without_dev_part_with_rows_over_several_lines_and_empty_or_short_ones_is_read(tmp_path: Path) -> None:
    rows = '"dòng một\ndòng ""hai""","Mất thẻ",Train,vi-VN\n\n,,,\nx\n b ,,train,vi\n'
    rows += "c,Mất thẻ,test,vi,more\nd,Lạ,test,vi\n"
    (found,) = read_sets(write(tmp_path / "data.csv", "Text, label,split,lang\n" + rows))
    assert found.train == (Row('dòng một\ndòng "hai"', "Mất thẻ", "vi"),)
    assert found.val == ()
    assert found.test == (Row("c", "Mất thẻ", "vi"), Row("d", "Lạ", "vi"))


def test_where_no_row_says_its_language_the_text_of_all_does(tmp_path: Path) -> None:
    rows = "Tôi bị mất thẻ ngân hàng,x,train\nThẻ của tôi bị đánh cắp rồi,x,test\n"
    (found,) = read_sets(write(tmp_path / "data.csv", "text,label,split\n" + rows))
    assert [row.language for row in (*found.train, *found.test)] == ["vi", "vi"]
    (found,) = read_sets(write(tmp_path / "some.csv", HEAD + "Tôi bị mất thẻ,x,train,\nb,x,test,en\n"))
    assert [row.language for row in (*found.train, *found.test)] == ["", "en"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,label,split\nM\u00fcller,x,train\n".encode("latin-1"), "no CSV in UTF-8"),
        ("text,label,split\na,x,train\nb,x,test\n".encode("utf-16"), "no CSV in UTF-8"),
        (b"text,label,split\na,__oos__,train\nb,x,test\n", "no CSV with text,label"),
        (b"", "no CSV with text,label"),
        (b"text,label,split\na,x,train\nb,x,test\n", "there are no rows of the split val"),
    ],
)
def test_a_file_that_is_of_no_use_is_told_in_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    with pytest.raises(SystemExit, match=told) as caught:
        main([str(tmp_path / "data.csv"), "--no-line", "--on", "val"])
    assert "\n" not in str(caught.value)


def test_a_path_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No such file"):
        main([str(tmp_path / "none.csv"), "--no-line"])


def test_published_few_shot_rows_are_taken_where_there_are_some(tmp_path: Path) -> None:
    write(tmp_path / "data.csv", HEAD + "".join(f"a{n},x,train,en\n" for n in range(20)) + "b,x,test,en\n")
    write(tmp_path / "few.csv", HEAD + "f,x,train_5shot,en\n")
    (found,) = read_sets(tmp_path)
    assert shots(found, 5) == (Row("f", "x", "en"),)
    assert len(shots(found, 3)) == 3
    assert shots(found, 3) == shots(found, 3)


def test_intent_names_are_names_and_all_different() -> None:
    found = intent_names({"Pay now!", "pay_now", "10 % off", "Ä?", "Mất thẻ", "丢卡"})
    assert len(set(found.values())) == 6
    assert found["Mất thẻ"] == "mat_the"
    assert all(name[0].isalpha() and name.replace("_", "").isalnum() for name in found.values())


def test_the_agent_made_of_a_set_is_a_folder_that_the_catalog_takes(tmp_path: Path) -> None:
    from agents.catalog import check

    rows = [Row("I lost\nmy card", "lost!", "en"), Row("mất thẻ", "lost!", "vi"), Row("?", "__oos__", "en")]
    rows.append(Row("# where", "order {id}", ""))
    write_agent(tmp_path / "customer_service", rows, intent_names({"lost!", "order {id}"}))
    entry, problems = check(tmp_path / "customer_service")
    assert problems == ()
    assert entry is not None
    intents = entry.intents()
    assert intents is not None
    assert [one.text for one in intents.intents["lost"].examples] == ["I lost my card", "mất thẻ"]
