"""Writes the multilingual-e5-small encoder as an ONNX graph, node by node, from the weights file.

The word table stays outside of the graph: it takes summed embeddings of texts of one length, so nothing is
padded or masked, and gives one mean vector per text. There are two precisions. Both round every token by a
scale of its own, so that a text's vector does not depend on what else is in its batch.

- ``int8``: one scale per output channel of a weight matrix, 8-bit products. Fast where the processor has
  8-bit dot products.
- ``int4``: the file's own blocks of 32 weights, bit for bit. Slower, and right on every processor.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vectorstore.embedders.e5_weights import BLOCK, WeightsFile, unpack_nibbles

Precision = Literal["int8", "int4"]

FUSED = "com.microsoft"
OPSET, IR_VERSION = 20, 10
# GELU never goes below this; lifting its output by it makes all 256 steps of an unsigned byte useful.
_GELU_FLOOR = np.float32(0.17)


class _Rounded(NamedTuple):
    """Names of a tensor's bytes, of each token's largest value, and of the bytes' step and zero."""

    integers: str
    largest: str
    step: str
    zero: str


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
        self._rounded: dict[str, _Rounded] = {}
        self._lifts: dict[str, np.float32] = {}

    def build(self) -> bytes:
        """The serialised model: ``embeddings`` (texts, tokens, hidden) to ``means`` (texts, hidden)."""
        shape = self._weights.shape
        states = self._layer_norm("embeddings", "emb.ln")
        for layer in range(shape.layers):
            states = self._layer(f"l{layer}", states)
        tokens = self._constant("tokens", np.array([1]))
        self._node("", "ReduceMean", [states, tokens], "means", keepdims=0)
        sizes: list[str | int | None] = ["texts", "tokens", shape.hidden]
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, sizes)],
            [helper.make_tensor_value_info("means", TensorProto.FLOAT, ["texts", shape.hidden])],
            list(self._constants.values()),
        )
        model = helper.make_model(
            graph,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)],
        )
        return bytes(model.SerializeToString())

    def _layer(self, layer: str, states: str) -> str:
        """One post-norm BERT layer."""
        shape = self._weights.shape
        qkv = [f"{layer}.{part}" for part in "qkv"]
        products = [self._product(name, states, shape.hidden) for name in qkv]
        bias = self._constant(f"{layer}.qkv.bias", np.concatenate([self._bias(name) for name in qkv]))
        context = self._node(FUSED, "MultiHeadAttention", [*products, bias], f"{layer}.context", num_heads=shape.heads)
        states = self._add_norm(f"{layer}.ao", context, shape.hidden, states, f"{layer}.aln")
        inner = self._product(f"{layer}.fi", states, shape.hidden)
        bias = self._constant(f"{layer}.fi.bias", self._bias(f"{layer}.fi"))
        inner = self._node(FUSED, "BiasGelu", [inner, bias], f"{layer}.gelu")
        return self._add_norm(f"{layer}.fo", inner, shape.inner, states, f"{layer}.oln")

    def _add_norm(self, name: str, source: str, width: int, states: str, norm: str) -> str:
        product = self._product(name, source, width)
        bias = self._bias(name)
        if source in self._lifts:
            bias = bias - self._lifts[source] * self._matrix(name, width).sum(axis=0)
        biased = self._node("", "Add", [product, self._constant(f"{name}.bias", bias)], f"{name}.biased")
        return self._layer_norm(self._node("", "Add", [states, biased], f"{name}.sum"), norm)

    def _product(self, name: str, source: str, width: int) -> str:
        if self._precision == "int4":
            integers, scales = unpack_nibbles(self._weights.blocks(f"{name}.w", width))
            nibbles = (integers + 8).astype(np.uint8)
            packed = nibbles[..., 0::2] | nibbles[..., 1::2] << 4
            return self._node(
                FUSED,
                "MatMulNBits",
                [source, self._constant(f"{name}.w", packed), self._constant(f"{name}.scales", scales)],
                f"{name}.product",
                K=width,
                N=len(integers),
                bits=4,
                block_size=BLOCK,
                accuracy_level=4,
            )
        matrix = self._matrix(name, width)
        scales = np.maximum(np.abs(matrix).max(axis=0) / 127, 1e-12).astype(np.float32)
        whole = np.rint(matrix / scales).astype(np.int8)
        rounded = self._round(source, after_gelu=width == self._weights.shape.inner)
        raw = self._node(
            FUSED,
            "MatMulIntegerToFloat",
            [
                rounded.integers,
                self._constant(f"{name}.w", whole),
                rounded.step,
                self._constant(f"{name}.scales", scales),
                rounded.zero,
                self._constant(f"{name}.zeros", np.zeros(scales.shape, np.int8)),
            ],
            f"{name}.raw",
        )
        return self._node("", "Mul", [raw, rounded.largest], f"{name}.product")

    def _round(self, source: str, *, after_gelu: bool) -> _Rounded:
        """Bytes for each token after division by its own largest value; done once where several read it."""
        if source in self._rounded:
            return self._rounded[source]
        if after_gelu:
            self._lifts[source] = _GELU_FLOOR
            floor = self._constant("floor", _GELU_FLOOR)
            numerator = size = self._node("", "Add", [source, floor], f"{source}.lifted")
            step, zero = self._constant("step.u", np.float32(1 / 255)), self._constant("zero.u", np.uint8(0))
        else:
            numerator, size = source, self._node("", "Abs", [source], f"{source}.size")
            step = self._constant("step.s", np.float32(1 / 127))
            zero = self._constant("zero.s", np.uint8(128))
        # Never zero: a normalised, biased or lifted row cannot vanish in all of its channels.
        axis = self._constant("channels", np.array([-1]))
        largest = self._node("", "ReduceMax", [size, axis], f"{source}.largest", keepdims=1)
        unit = self._node("", "Div", [numerator, largest], f"{source}.unit")
        integers = self._node("", "QuantizeLinear", [unit, step, zero], f"{source}.bytes")
        self._rounded[source] = _Rounded(integers, largest, step, zero)
        return self._rounded[source]

    def _matrix(self, name: str, width: int) -> NDArray[np.float32]:
        integers, scales = unpack_nibbles(self._weights.blocks(f"{name}.w", width))
        return (integers * scales[..., None]).reshape(len(integers), width).T

    def _bias(self, name: str) -> NDArray[np.float32]:
        return self._weights.floats(f"{name}.b")

    def _layer_norm(self, source: str, name: str) -> str:
        """Layer norm in elementary steps: onnxruntime's own operator sums one number at a time, which cost a
        sixth of all time. The file's epsilon, 1e-12, is below what single precision can add to a variance.
        """
        weight = self._weights.floats(f"{name}.w")
        gain = self._constant(f"{name}.gain", weight * np.float32(np.sqrt(len(weight))))
        shift = self._constant(f"{name}.shift", self._weights.floats(f"{name}.b"))
        channels = self._constant("channels", np.array([-1]))
        mean = self._node("", "ReduceMean", [source, channels], f"{name}.mean", keepdims=1)
        centred = self._node("", "Sub", [source, mean], f"{name}.centred")
        length = self._node("", "ReduceL2", [centred, channels], f"{name}.length", keepdims=1)
        unit = self._node("", "Div", [centred, length], f"{name}.unit")
        scaled = self._node("", "Mul", [unit, gain], f"{name}.scaled")
        return self._node("", "Add", [scaled, shift], f"{name}.states")

    def _constant(self, name: str, value: Any) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def _node(self, domain: str, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output
