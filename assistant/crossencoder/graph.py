"""Writes the network as two ONNX graphs: what a passage gives to be read, and how a statement reads it.

Both take summed embeddings of texts of one length, as the embedder's graph does, and share its arithmetic.
"""

from typing import cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from assistant.crossencoder.trained import TrainedWeights
from vectorstore.embedders.e5_graph import FUSED, EncoderGraph, Precision
from vectorstore.embedders.e5_weights import WeightsFile

_OPSET, _IR_VERSION = 20, 10


class ReadingGraph(EncoderGraph):
    """Builds either graph.

    Args:
        weights: the embedder's weights and the trained ones.
        precision: the embedder's; where 8-bit products are not faithful, trained layers run in single precision.
    """

    def __init__(self, weights: TrainedWeights, precision: Precision) -> None:
        super().__init__(cast(WeightsFile, weights), precision)
        self._trained = weights
        self._first = weights.shape.layers - weights.layers

    def passages(self) -> bytes:
        """``embeddings`` (texts, tokens, hidden) to ``keys`` and ``values`` (texts, tokens, layers x hidden)."""
        states = self._layer_norm("embeddings", "emb.ln")
        keys, values = [], []
        for layer in range(self._trained.shape.layers):
            if layer >= self._first:
                keys.append(self._given(f"t{layer - self._first}.k", states))
                values.append(self._given(f"t{layer - self._first}.v", states))
            if layer < self._trained.shape.layers - 1:
                states = self._layer(f"l{layer}", states)
        self._node("", "Concat", list(keys), "keys", axis=-1)
        self._node("", "Concat", list(values), "values", axis=-1)
        wide = self._trained.layers * self._trained.shape.hidden
        sizes: list[str | int] = ["texts", "tokens", wide]
        outputs = [(name, sizes) for name in ("keys", "values")]
        return self._model("passages", [self._embeddings()], outputs)

    def statements(self) -> bytes:
        """``embeddings``, ``found`` (1 where a passage has the token), ``keys``, ``values`` to two logits a text."""
        hidden = self._trained.shape.hidden
        states = self._layer_norm("embeddings", "emb.ln")
        for layer in range(self._first):
            states = self._layer(f"l{layer}", states)
        marks = self._constant("found.w", self._trained.head("found.w"))
        marked = self._node("", "Gather", [marks, "found"], "found.states", axis=0)
        states = self._node("", "Add", [states, marked], "told.0")
        for layer in range(self._trained.layers):
            states = self._reading_layer(f"t{layer}", states, layer)
        self._heads(states)
        wide = self._trained.layers * hidden
        given = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", "given", wide])
            for name in ("keys", "values")
        ]
        found = helper.make_tensor_value_info("found", TensorProto.INT64, ["texts", "tokens"])
        outputs: list[tuple[str, list[str | int]]] = [("supported", ["texts"]), ("answered", ["texts"])]
        return self._model("statements", [self._embeddings(), found, *given], outputs)

    def _reading_layer(self, name: str, states: str, number: int) -> str:
        shape = self._trained.shape
        query = self._given(f"{name}.q", states)
        bounds = [self._constant(f"{name}.{edge}", np.array([at * shape.hidden])) for edge, at in
                  (("from", number), ("to", number + 1))]  # fmt: skip
        last = self._constant("last", np.array([-1]))
        read = []
        for part, given in (("k", "keys"), ("v", "values")):
            own = self._given(f"{name}.{part}", states)
            theirs = self._node("", "Slice", [given, *bounds, last], f"{name}.{given}")
            read.append(self._node("", "Concat", [own, theirs], f"{name}.{part}.all", axis=1))
        context = self._node(FUSED, "MultiHeadAttention", [query, *read], f"{name}.context", num_heads=shape.heads)
        states = self._add_norm(f"{name}.ao", context, shape.hidden, states, f"{name}.aln")
        inner = self._product(f"{name}.fi", states, shape.hidden)
        bias = self._constant(f"{name}.fi.bias", self._bias(f"{name}.fi"))
        inner = self._node(FUSED, "BiasGelu", [inner, bias], f"{name}.gelu")
        return self._add_norm(f"{name}.fo", inner, shape.inner, states, f"{name}.oln")

    def _given(self, name: str, states: str) -> str:
        """A product with its bias."""
        product = self._product(name, states, self._trained.shape.hidden)
        return self._node("", "Add", [product, self._constant(f"{name}.bias", self._bias(name))], f"{name}.states")

    def _heads(self, states: str) -> None:
        tokens = self._constant("tokens", np.array([1]))
        doubts = self._dense("wrong.1", self._gelu(self._dense("wrong.0", states)))
        share = self._node("", "Softmax", [doubts], "wrong.share", axis=1)
        first = self._node("", "Gather", [states, self._constant("zero", np.array(0))], "first", axis=1)
        mean = self._node("", "ReduceMean", [states, tokens], "mean", keepdims=0)
        weighted = self._node("", "Mul", [states, share], "weighted")
        pooled = self._node("", "ReduceSum", [weighted, tokens], "pooled", keepdims=0)
        seen = self._node("", "Concat", [first, mean, pooled], "seen", axis=-1)
        doubt = self._node("", "Mul", [doubts, share], "doubt.weighted")
        worst = self._node("", "ReduceSum", [doubt, tokens], "worst", keepdims=0)
        scaled = self._node("", "Mul", [worst, self._constant("worst.w", self._trained.head("worst"))], "worst.scaled")
        whole = self._dense("whole.1", self._gelu(self._dense("whole.0", seen)))
        last = self._constant("last", np.array([-1]))
        supported = self._node("", "Sub", [whole, scaled], "supported.wide")
        self._node("", "Squeeze", [supported, last], "supported")
        both = self._node("", "Concat", [first, mean], "both", axis=-1)
        answered = self._dense("answers.1", self._gelu(self._dense("answers.0", both)))
        self._node("", "Squeeze", [answered, last], "answered")

    def _dense(self, name: str, source: str) -> str:
        matrix = self._constant(f"{name}.w", self._trained.head(f"{name}.w").T)
        product = self._node("", "MatMul", [source, matrix], f"{name}.product")
        bias = self._constant(f"{name}.b", self._trained.head(f"{name}.b"))
        return self._node("", "Add", [product, bias], f"{name}.out")

    def _gelu(self, source: str) -> str:
        return self._node("", "Gelu", [source], f"{source}.gelu")

    def _matrix(self, name: str, width: int) -> NDArray[np.float32]:
        rounded = self._trained.rounded(name)
        return super()._matrix(name, width) if rounded is None else (rounded[0] * rounded[1]).astype(np.float32)

    def _product(self, name: str, source: str, width: int) -> str:
        if self._precision == "int8" or self._trained.rounded(name) is None:
            return super()._product(name, source, width)
        matrix = self._constant(f"{name}.w", self._matrix(name, width))
        return self._node("", "MatMul", [source, matrix], f"{name}.product")

    def _embeddings(self) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(
            "embeddings", TensorProto.FLOAT, ["texts", "tokens", self._trained.shape.hidden]
        )

    def _model(self, name: str, inputs: list[onnx.ValueInfoProto], outputs: list[tuple[str, list[str | int]]]) -> bytes:
        out = [helper.make_tensor_value_info(each, TensorProto.FLOAT, sizes) for each, sizes in outputs]
        graph = helper.make_graph(self._nodes, name, inputs, out, list(self._constants.values()))
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(FUSED, 1)]
        return bytes(helper.make_model(graph, ir_version=_IR_VERSION, opset_imports=opsets).SerializeToString())
