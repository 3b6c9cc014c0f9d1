"""Writes the network as an ONNX graph: the embedder's layers, the upper ones trained, with a head."""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from assistant.crossencoder.trained import TrainedWeights
from vectorstore.embedders.e5_graph import FUSED, IR_VERSION, OPSET, EncoderGraph, Precision
from vectorstore.embedders.e5_weights import WeightsFile


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

        Inputs, for pairs of one length: ``embeddings`` (pairs, tokens, hidden) and ``told`` (pairs, tokens), 1 where a
        token is the claim's own, else 0. Output: ``supported`` (pairs,), log odds.
        """
        shape = self._trained.shape
        states = self._layer_norm("embeddings", "emb.ln")
        untrained = shape.layers - self._trained.layers
        for layer in range(untrained):
            states = self._layer(f"l{layer}", states)
        for layer in range(self._trained.layers):
            states = self._layer(f"t{layer}", states)
        self._head(states)
        pairs: list[str | int | None] = ["pairs", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "cross-encoder",
            [
                helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, [*pairs, shape.hidden]),
                helper.make_tensor_value_info("told", TensorProto.FLOAT, pairs),
            ],
            [helper.make_tensor_value_info("supported", TensorProto.FLOAT, ["pairs"])],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return bytes(helper.make_model(graph, ir_version=IR_VERSION, opset_imports=opsets).SerializeToString())

    def _head(self, states: str) -> None:
        tokens, last = self._constant("tokens", np.array([1])), self._constant("last", np.array([-1]))
        first = self._node("", "Gather", [states, self._constant("zero", np.array(0))], "first", axis=1)
        told = self._node("", "Unsqueeze", ["told", last], "told.wide")
        own = self._node("", "Mul", [states, told], "own")
        summed = self._node("", "ReduceSum", [own, tokens], "summed", keepdims=0)
        count = self._node("", "ReduceSum", [told, tokens], "count", keepdims=0)
        mean = self._node("", "Div", [summed, count], "mean")
        both = self._node("", "Concat", [first, mean], "both", axis=-1)
        inner = self._node("", "Gelu", [self._dense("head.0", both)], "head.gelu")
        self._node("", "Squeeze", [self._dense("head.1", inner), last], "supported")

    def _dense(self, name: str, source: str) -> str:
        matrix = self._constant(f"{name}.w", self._trained.head(f"{name}.w").T)
        product = self._node("", "MatMul", [source, matrix], f"{name}.product")
        bias = self._constant(f"{name}.b", self._trained.head(f"{name}.b"))
        return self._node("", "Add", [product, bias], f"{name}.out")

    def _matrix(self, name: str, width: int) -> NDArray[np.float32]:
        rounded = self._trained.rounded(name)
        return super()._matrix(name, width) if rounded is None else (rounded[0] * rounded[1]).astype(np.float32)

    def _product(self, name: str, source: str, width: int) -> str:
        if self._precision == "int8" or self._trained.rounded(name) is None:
            return super()._product(name, source, width)
        matrix = self._constant(f"{name}.w", self._matrix(name, width))
        return self._node("", "MatMul", [source, matrix], f"{name}.product")
