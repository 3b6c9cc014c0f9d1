"""Writes the network as an ONNX graph: the embedder's layers, the upper ones trained, with marks and heads."""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from assistant.crossencoder.trained import TrainedWeights
from vectorstore.embedders.e5_graph import FUSED, IR_VERSION, OPSET, EncoderGraph, Precision
from vectorstore.embedders.e5_weights import WeightsFile

# Added to the doubts about tokens that are not the text's own.
_NOT_TOLD = np.float32(-1e4)


class PairGraph(EncoderGraph):
    """Builds the graph; it shares the embedder's arithmetic.

    Args:
        weights: the embedder's weights and the trained ones.
        precision: the embedder's; where 8-bit products are not faithful, trained layers run in single precision.
    """

    def __init__(self, weights: TrainedWeights, precision: Precision) -> None:
        super().__init__(cast(WeightsFile, weights), precision)
        self._trained = weights

    def build(self) -> bytes:
        """The serialised model.

        Inputs, for pairs of one length: ``embeddings`` (pairs, tokens, hidden), ``marks`` (pairs, tokens), places in
        `inputs.MARKS`, and ``told`` (pairs, tokens), 1 where a token is the text's own, else 0. Outputs: the logits
        ``supported`` and ``answered`` (pairs,).
        """
        states = self._layer_norm("embeddings", "emb.ln")
        first = self._trained.shape.layers - self._trained.layers
        for layer in range(first):
            states = self._layer(f"l{layer}", states)
        marks = self._node("", "Gather", [self._head_constant("marks.w"), "marks"], "marks.states", axis=0)
        states = self._node("", "Add", [states, marks], "marked")
        for layer in range(self._trained.layers):
            states = self._layer(f"t{layer}", states)
        self._heads(states)
        pairs: list[str | int | None] = ["pairs", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "cross-encoder",
            [
                helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, [*pairs, self._trained.shape.hidden]),
                helper.make_tensor_value_info("marks", TensorProto.INT64, pairs),
                helper.make_tensor_value_info("told", TensorProto.FLOAT, pairs),
            ],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["pairs"]) for name in ("supported", "answered")],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return bytes(helper.make_model(graph, ir_version=IR_VERSION, opset_imports=opsets).SerializeToString())

    def _heads(self, states: str) -> None:
        tokens, last = self._constant("tokens", np.array([1])), self._constant("last", np.array([-1]))
        told = self._node("", "Unsqueeze", ["told", last], "told.wide")
        others = self._node("", "Sub", [self._constant("one", np.float32(1)), told], "others")
        hidden = self._node("", "Mul", [others, self._constant("not told", _NOT_TOLD)], "others.doubts")
        doubts = self._node("", "Add", [self._two_layers("wrong", states), hidden], "doubts")
        share = self._node("", "Softmax", [doubts], "share", axis=1)
        first = self._node("", "Gather", [states, self._constant("zero", np.array(0))], "first", axis=1)
        count = self._node("", "ReduceSum", [told, tokens], "count", keepdims=0)
        own = self._node("", "Mul", [states, told], "own")
        summed = self._node("", "ReduceSum", [own, tokens], "summed", keepdims=0)
        mean = self._node("", "Div", [summed, count], "mean")
        weighted = self._node("", "Mul", [states, share], "weighted")
        pooled = self._node("", "ReduceSum", [weighted, tokens], "pooled", keepdims=0)
        doubted = self._node("", "Mul", [doubts, share], "doubted")
        worst = self._node("", "ReduceSum", [doubted, tokens], "worst", keepdims=0)
        scaled = self._node("", "Mul", [worst, self._head_constant("worst.w")], "worst.scaled")
        seen = self._node("", "Concat", [first, mean, pooled], "seen", axis=-1)
        supported = self._node("", "Sub", [self._two_layers("supported", seen), scaled], "supported.wide")
        self._node("", "Squeeze", [supported, last], "supported")
        seen = self._node("", "Concat", [first, mean], "seen.both", axis=-1)
        self._node("", "Squeeze", [self._two_layers("answered", seen), last], "answered")

    def _two_layers(self, name: str, source: str) -> str:
        inner = self._node("", "Gelu", [self._dense(f"{name}.0", source)], f"{name}.gelu")
        return self._dense(f"{name}.1", inner)

    def _dense(self, name: str, source: str) -> str:
        matrix = self._constant(f"{name}.w", self._trained.head(f"{name}.w").T)
        product = self._node("", "MatMul", [source, matrix], f"{name}.product")
        return self._node("", "Add", [product, self._head_constant(f"{name}.b")], f"{name}.out")

    def _head_constant(self, name: str) -> str:
        return self._constant(name, self._trained.head(name))

    def _matrix(self, name: str, width: int) -> NDArray[np.float32]:
        rounded = self._trained.rounded(name)
        return super()._matrix(name, width) if rounded is None else (rounded[0] * rounded[1]).astype(np.float32)

    def _product(self, name: str, source: str, width: int) -> str:
        if self._precision == "int8" or self._trained.rounded(name) is None:
            return super()._product(name, source, width)
        matrix = self._constant(f"{name}.w", self._matrix(name, width))
        return self._node("", "MatMul", [source, matrix], f"{name}.product")
