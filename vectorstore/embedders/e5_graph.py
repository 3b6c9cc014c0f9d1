"""Writes the multilingual-e5-small encoder as an ONNX graph, node by node, from the weights file.

The word table stays outside of the graph: the graph takes summed embeddings and gives one mean vector per text.
Two precisions, both with a scale of its own for every token, so that a text's vector does not depend on what
else is in its batch:

- ``int8``: one scale per output channel of a weight matrix, 8-bit products. Fast where the processor has
  8-bit dot products.
- ``int4``: the file's own blocks of 32 weights, bit for bit. Slower, exact, and right on every processor.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vectorstore.embedders.e5_weights import BLOCK, WeightsFile, unpack_nibbles

Precision = Literal["int8", "int4"]

FUSED = "com.microsoft"
_OPSET, _IR_VERSION = 20, 10
# GELU never goes below this; lifting its output by it makes all 256 steps of an unsigned byte useful.
_GELU_FLOOR = 0.17


class EncoderGraph:
    """Builds the graph of one precision.

    Args:
        weights: the opened weights file.
        precision: ``int8`` or ``int4``.
    """

    def __init__(self, weights: WeightsFile, precision: Precision) -> None:
        self._weights, self._precision = weights, precision
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def build(self) -> bytes:
        """The serialised model.

        Inputs: ``embeddings`` float32 (texts, tokens, hidden), ``lengths`` int32 (texts), ``share`` float32
        (texts, 1, tokens), each token's weight in its text's mean. Output: ``means`` float32
        (texts, 1, hidden).
        """
        shape = self._weights.shape
        states = self._node("LayerNormalization", ["embeddings", *self._norm("emb.ln")], "l.states", domain="",
                            axis=-1, epsilon=shape.epsilon)
        for layer in range(shape.layers):
            states = self._layer(f"l{layer}", states)
        self._node("MatMul", ["share", states], "means", domain="")
        graph = helper.make_graph(
            self._nodes, "multilingual-e5-small",
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["texts", "tokens", shape.hidden]),
             helper.make_tensor_value_info("lengths", TensorProto.INT32, ["texts"]),
             helper.make_tensor_value_info("share", TensorProto.FLOAT, ["texts", 1, "tokens"])],
            [helper.make_tensor_value_info("means", TensorProto.FLOAT, ["texts", 1, shape.hidden])],
            list(self._constants.values()))
        model = helper.make_model(graph, ir_version=_IR_VERSION, opset_imports=[
            helper.make_opsetid("", _OPSET), helper.make_opsetid(FUSED, 1)])
        return bytes(model.SerializeToString())

    def _layer(self, layer: str, states: str) -> str:
        shape = self._weights.shape
        # The biases ride along in the fused operators: a pass over the activations less for each.
        mixed, bias = self._linear([f"{layer}.{part}" for part in "qkv"], states, shape.hidden)
        self._nodes.append(helper.make_node("Split", [mixed], [f"{layer}.{part}" for part in "qkv"], axis=-1,
                                            num_outputs=3))
        context = self._node("MultiHeadAttention", [f"{layer}.q", f"{layer}.k", f"{layer}.v", bias, "lengths"],
                             f"{layer}.context", num_heads=shape.heads)
        out, bias = self._linear([f"{layer}.ao"], context, shape.hidden)
        states = self._node("SkipLayerNormalization", [states, out, *self._norm(f"{layer}.aln"), bias],
                            f"{layer}.attended", epsilon=shape.epsilon)
        inner, bias = self._linear([f"{layer}.fi"], states, shape.hidden)
        inner = self._node("BiasGelu", [inner, bias], f"{layer}.gelu")
        out, bias = self._linear([f"{layer}.fo"], inner, shape.inner, after_gelu=True)
        return self._node("SkipLayerNormalization", [states, out, *self._norm(f"{layer}.oln"), bias],
                          f"{layer}.states", epsilon=shape.epsilon)

    def _linear(self, names: list[str], source: str, width: int, *, after_gelu: bool = False) -> tuple[str, str]:
        """Multiply by the matrices of that name side by side; returns the product's name and the bias's."""
        blocks = np.concatenate([self._weights.blocks(f"{name}.w", width) for name in names])
        bias = np.concatenate([self._weights.floats(f"{name}.b") for name in names])
        integers, scales = unpack_nibbles(blocks)
        product = names[0] + ".product"
        if self._precision == "int4":
            nibbles = (integers + 8).astype(np.uint8)
            packed = nibbles[..., 0::2] | nibbles[..., 1::2] << 4
            self._node("MatMulNBits", [source, self._constant(names[0] + ".w", packed),
                                       self._constant(names[0] + ".scales", scales)], product,
                       K=width, N=len(bias), bits=4, block_size=BLOCK, accuracy_level=4)
        else:
            matrix = (integers * scales[..., None]).reshape(len(bias), width).T
            if after_gelu:
                bias = bias - np.float32(_GELU_FLOOR) * matrix.sum(axis=0)
            self._byte_product(source, matrix, names[0], product, after_gelu)
        return product, self._constant(names[0] + ".bias", bias)

    def _byte_product(self, source: str, matrix: NDArray[np.float32], name: str, product: str,
                      after_gelu: bool) -> None:
        """Row-wise 8-bit product: each token is divided by its own largest value before it is rounded."""
        if after_gelu:
            lifted = self._node("Add", [source, self._constant("floor", np.float32(_GELU_FLOOR))],
                                name + ".lifted", domain="")
            largest, source = self._largest(lifted, name), lifted
            step, zero = self._constant("step.u", np.float32(1 / 255)), self._constant("zero.u", np.uint8(0))
        else:
            size = self._node("Abs", [source], name + ".size", domain="")
            largest = self._largest(size, name)
            step, zero = self._constant("step.s", np.float32(1 / 127)), self._constant("zero.s", np.uint8(128))
        unit = self._node("Div", [source, largest], name + ".unit", domain="")
        rounded = self._node("QuantizeLinear", [unit, step, zero], name + ".bytes", domain="")
        scales = np.maximum(np.abs(matrix).max(axis=0) / 127, 1e-12).astype(np.float32)
        whole = np.rint(matrix / scales).astype(np.int8)
        raw = self._node("MatMulIntegerToFloat",
                         [rounded, self._constant(name + ".w", whole), step,
                          self._constant(name + ".scales", scales), zero,
                          self._constant(name + ".zeros", np.zeros(scales.shape, np.int8))], name + ".raw")
        self._node("Mul", [raw, largest], product, domain="")

    def _largest(self, source: str, name: str) -> str:
        axis = self._constant("last", np.array([-1]))
        peak = self._node("ReduceMax", [source, axis], name + ".peak", domain="", keepdims=1)
        return self._node("Max", [peak, self._constant("tiny", np.float32(1e-9))], name + ".largest", domain="")

    def _norm(self, name: str) -> list[str]:
        return [self._constant(name + part, self._weights.floats(name + part)) for part in (".w", ".b")]

    def _constant(self, name: str, value: Any) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)),
                                                            name)
        return name

    def _node(self, kind: str, inputs: list[str], output: str, *, domain: str = FUSED, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output
