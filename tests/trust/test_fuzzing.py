"""Whatever bytes, words or values come in: what is read is read, and what is not is refused in one plain sentence."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from asking import answered
from card_text import card, rendered
from hypothesis import given
from hypothesis import strategies as st
from own_cards import own_assistant, record, write_cards
from rounds import tries

from assistant import Assistant
from assistant.answering.output import OutputFilter
from assistant.conversations import ConversationLog
from assistant.settings import Settings, load_settings
from assistant.types import Answer
from assistant.verification import parse_draft
from evals.guarantees import check_guarantees
from vectorstore.errors import UserError
from vectorstore.readers import read_cards

# Text that was made to be misread: halves of characters, directions, control characters, marks and markup.
TRICKY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\0\ud800\udfff\u202e\u2066\ufeff\u200b\x1b\x85\u2028[]()|#*_`$\\{}<>&%\"'“”，。、？１２½²①的"),
    ),
    max_size=300,
)
PIECES = st.sampled_from(
    [
        "which papers", "how many", "mention", "compare", " and ", " or ", "GuardSpace", "REAP", "MoNE", "GRPO", "哪些",
        "多少篇", "论文", "提到", "比较", "和", "的", "第一个", "it", "the second one", "?", "？", ",", "[1]", "99.5%",
        "except", "not", "most", "trend", "推理类", "tagged", "#", "\u202e", "\0", "\ud83d", "&", "\n", "'", '"',
    ]
)  # fmt: skip
QUESTIONS = st.one_of(TRICKY, st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=40).map("".join))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.dictionaries(
    st.sampled_from(["id", "category", "title", "tags", "abstract", "tldr", "method", "questions", "aid", "x"]),
    JSON | TRICKY,
    max_size=8,
)
CARD_FILE = rendered([("模型架构", [card(tldr="Wobble plans."), card("We propose Pebble. It reaches 20\\%.")])])


def mutated(text: bytes, seed: int) -> bytes:
    """The bytes with some pieces cut out, doubled, moved or replaced."""
    luck, raw = random.Random(seed), bytearray(text)
    for _ in range(luck.randint(1, 8)):
        place, length = luck.randrange(len(raw) + 1), luck.choice([1, 2, 9, 60])
        kind = luck.randrange(4)
        if kind == 0:
            del raw[place : place + length]
        elif kind == 1:
            raw[place:place] = raw[place : place + length] * luck.randint(1, 40)
        elif kind == 2:
            raw[place:place] = luck.choice(
                [b"\n", b"\r", b"\0", b"\xff", b"#", "篇".encode(), b"{", b"[", b"\xef\xbb\xbf"]
            )
        else:
            raw[place : place + length] = luck.randbytes(length)
    return bytes(raw)


def read_or_refused(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    try:
        found = read_cards(path)
    except UserError as error:
        said = str(error)
    else:
        assert len({one.id for one in found.cards}) == len(found.cards)
        for one in found.cards:
            one.model_dump_json().encode("utf-8")
        return
    assert str(path) in said
    assert len(said) < 2_000


@tries(60)
@given(raw=st.binary(max_size=2_000))
def test_any_bytes_are_a_card_file_or_refused(tmp_path: Path, raw: bytes) -> None:
    read_or_refused(tmp_path / "cards", raw)


@tries(150)
@given(seed=st.integers(0, 2**32))
def test_a_card_file_with_damage_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    read_or_refused(tmp_path / "cards.txt", mutated(CARD_FILE.encode(), seed))


@tries(150)
@given(records=st.lists(RECORDS, max_size=3), ascii_only=st.booleans(), array=st.booleans())
def test_any_json_is_cards_or_refused(tmp_path: Path, records: list[Any], ascii_only: bool, array: bool) -> None:
    lines = [json.dumps(one, ensure_ascii=ascii_only) for one in records]
    text = f"[{','.join(lines)}]" if array else "\n".join(lines)
    read_or_refused(tmp_path / "cards.jsonl", text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"category": "x", "abstract": ' + b"9" * 100_000 + b"}",
        b'{"category": "x", "abstract": "' + b"a " * 400_000 + b'"}',
        b'{"category": "x", "abstract": "\\ud800 half"}',
        ("模型架构1 篇\n" * 20_000).encode(),
        (CARD_FILE + "\n" + "x" * 100_000).encode(),
        b"\xff\xfe" + "模型".encode("utf-16-le"),
    ],
    ids=["brackets", "objects", "digits", "a long text", "half a character", "headings", "a long line", "UTF-16"],
)
def test_files_made_to_exhaust_are_read_or_refused(tmp_path: Path, raw: bytes) -> None:
    read_or_refused(tmp_path / "cards", raw)


@tries(12)
@given(texts=st.lists(TRICKY, min_size=1, max_size=3), tags=st.lists(TRICKY, max_size=3))
def test_a_card_of_any_words_goes_in_and_comes_out_as_it_was_read(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], tags: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("words")
    cards = [record(number, abstract=f"Wobble {text}", tags=tags) for number, text in enumerate(texts)]
    path = folder / "cards.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in cards), "utf-8")
    assistant = own_assistant(folder / "home")
    try:
        read = read_cards(path).cards
    except UserError:
        with pytest.raises(UserError):
            assistant.ingest([path])
        assert assistant.status()["cards"] == 0
        return
    assistant.ingest([path])
    for one in read:
        assert assistant.card(one.id).content_hash() == one.content_hash()
    check_guarantees(assistant.answer("What does Wobble do?"), assistant.card)


@tries(60)
@given(question=QUESTIONS)
def test_any_question_is_answered_or_refused(assistant: Assistant, question: str) -> None:
    answered(assistant, question)


@tries(25)
@given(claim=QUESTIONS)
def test_any_claim_is_judged_or_refused(assistant: Assistant, claim: str) -> None:
    try:
        verdict = assistant.verify(claim, ["align-a6ef98"])
    except UserError:
        return
    card = assistant.card("align-a6ef98")
    for quote in verdict.quotes:
        assert card.text(quote.field)[quote.start : quote.end] == quote.quote


@tries(25)
@given(history=st.lists(st.fixed_dictionaries({"role": TRICKY, "content": QUESTIONS}) | st.dictionaries(TRICKY, JSON)))
def test_any_conversation_may_lie_before_a_question(assistant: Assistant, history: list[Any]) -> None:
    answered(assistant, "And on which data sets is it tested?", history=history)


@tries(200)
@given(
    text=QUESTIONS
    | st.lists(st.sampled_from(["a.", "[1]", "[2", "]", "<think>", "</think>", "`", "|", "1."])).map("".join)
)
def test_any_draft_is_taken_apart(text: str) -> None:
    for claim in parse_draft(text):
        assert claim.text.strip()
    passing = OutputFilter("sk-secret")
    shown = "".join(passing.feed(piece) for piece in (text, "sk-sec", "ret", text)) + passing.finish()
    assert "sk-secret" not in shown


@tries(120)
@given(
    values=st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), TRICKY.map(lambda t: t.replace("\0", "")))
)
def test_any_settings_are_taken_or_refused_by_name_and_never_shown(values: dict[str, str]) -> None:
    # A key has a mark of its own: the words after it may well stand in another setting, which is shown.
    values |= {name: f"sk-hidden-{values[name]}" for name in ("openai_api_key", "chroma_api_key") if name in values}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(f"ASSISTANT_{name.upper()}", value.encode("utf-8", "ignore").decode())
        try:
            found = load_settings()
            said = f"{found!r} {found.model_dump()}"
        except UserError as error:
            said = str(error)
        assert said.startswith(("Settings(", "a setting cannot be used. ASSISTANT_"))
    assert "sk-hidden" not in said


@tries(25)
@given(question=TRICKY, comment=TRICKY, owner=TRICKY)
def test_any_words_are_kept_in_the_log(question: str, comment: str, owner: str) -> None:
    log = ConversationLog(None)
    conversation = log.start(owner=owner)
    answer = Answer(text=question, status="insufficient_evidence", mode="extractive", language="en")
    turn = log.add(conversation, question, answer)
    log.rate(turn, "up", comment)
    assert len(log.turns(conversation)) == 1
    assert [info.id for info in log.conversations(owner)] == [conversation]
    log.delete(conversation)
    assert not log.exists(conversation)


def test_one_unreadable_file_among_many_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "good.jsonl", [record(1)])])
    before = assistant._collection.store.revision()
    luck = random.Random(8)
    for seed in range(10):
        bad = tmp_path / "bad.jsonl"
        bad.write_bytes(mutated((json.dumps(record(2)) + "\n").encode() * 3, seed) + luck.randbytes(5) + b"\xff")
        with pytest.raises(UserError):
            assistant.ingest([write_cards(tmp_path / "more.jsonl", [record(3)]), bad])
    assert assistant._collection.store.revision() == before


@pytest.mark.parametrize(
    "filling", [" ", "\n", "\t", "a", "1", "1,", "模", "。", "$", "\\", "{", "?", "a-", "A", "(", "\u200b"]
)
def test_a_card_of_100_000_equal_characters_is_taken_in_time(tmp_path: Path, filling: str) -> None:
    text = f"Wobble plans a day. It wins {filling * (100_000 // len(filling))} prizes. It reaches 12.5%."
    assistant = own_assistant(tmp_path / "home")
    began = time.process_time()
    assistant.ingest([write_cards(tmp_path / "cards.jsonl", [record(1, abstract=text, tldr="It wins 3 prizes.")])])
    answered(assistant, "How does Wobble plan a day?")
    assert time.process_time() - began < 15
