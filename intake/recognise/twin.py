"""Makes the quick twin of a line recogniser's network: the same layers, with the heavy ones counted in 8 bits.

What is slow in the network are its convolutions and the last product with the whole alphabet. Eight-bit whole numbers
take a third of the time there and are a little less exact, so the twin never has the last word: see `intake.recognise.quick`.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from intake.recognise.onnxfile import FLOAT, INT8, INT32, UINT8, Model

RANGES: Final = Path(__file__).with_name("ranges.json")
"""The smallest and largest number at the two ends of each layer, by the layer's weights, on 93 lines of tuning papers;
`bench/ranges.py` measures such ranges anew."""
WEIGHT_STEPS: Final = 63
"""Of 127: processors without VNNI add two products in 16 bits, which overflow beyond that."""
_TYPES: Final = {FLOAT: np.float32, UINT8: np.uint8, INT8: np.int8, INT32: np.int32}

Range = tuple[float, float]


def optimised(model: Path) -> Any:
    """Return the network with its additions and activations joined to their layers, as onnxruntime does it."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(Path(folder) / "network.onnx")
        onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        return Model.FromString(Path(options.optimized_model_filepath).read_bytes())


def twin(model: Path) -> bytes | None:
    """Return the twin of the network in a file, as a file; None of a network whose ranges are not known."""
    network = optimised(model)
    ranges = json.loads(RANGES.read_text("ascii"))
    heavy = [node for node in network.graph.node if weights_of(node) in ranges]
    if len(heavy) != len(ranges):
        return None
    _Writer(network, ranges).rewrite()
    return bytes(network.SerializeToString())


def heavy_layers(network: Any) -> dict[str, tuple[str, ...]]:
    """Return the layers worth the trouble, by their weights: the tensors before and after (the last product: before).

    What weighs a picture's channels works on one number for each, and stays as it is.
    """
    constant = {one.name for one in network.graph.initializer}
    single: set[str] = set()
    found: dict[str, tuple[str, ...]] = {}
    for node in network.graph.node:
        weights = weights_of(node)
        if node.op_type == "ReduceMean" or (weights and node.input[0] in single):
            single.add(node.output[0])
        elif weights in constant:
            product = node.op_type == "FusedMatMul"
            found[weights] = (node.input[0],) if product else (node.input[0], node.output[0])
    return found


def weights_of(node: Any) -> str:
    """Return the name of a layer's weights; empty for what has none."""
    return node.input[1] if node.op_type in {"Conv", "FusedConv", "FusedMatMul"} else ""


def activation(node: Any) -> str:
    """Return the function that is joined to a layer."""
    return next((str(one.s, "ascii") for one in node.attribute if one.name == "activation"), "")


class _Writer:
    """Replaces the layers of a network one after the other; `_eighths` are the tensors there are in 8 bits."""

    def __init__(self, network: Any, ranges: Mapping[str, list[Range]]) -> None:
        self._graph = network.graph
        self._ranges = ranges
        self._weights = {one.name: one for one in self._graph.initializer}
        self._eighths: dict[str, tuple[str, str, str, float]] = {}
        self._nodes: list[Any] = []

    def rewrite(self) -> None:
        """Put the new layers in the places of the old ones, and drop weights that nobody asks for any more."""
        for node in list(self._graph.node):
            if weights_of(node) not in self._ranges:
                self._nodes.append(node)
            elif node.op_type == "FusedMatMul":
                self._product(node)
            else:
                self._layer(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        used = {name for node in self._nodes for name in node.input}
        kept = [one for one in self._graph.initializer if one.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def _layer(self, node: Any) -> None:
        """A convolution: of whole numbers, with the scales of what comes in and goes out."""
        source, weights, bias = node.input
        given, leaving = self._ranges[weights]
        told, scale, zero, step = self._eighth(source, given)
        values = self._values(weights)
        steps = np.abs(values).reshape(len(values), -1).max(axis=1) / WEIGHT_STEPS + 1e-12
        whole = np.round(values / steps.reshape(-1, *(1,) * (values.ndim - 1))).astype(np.int8)
        function, out = activation(node), node.output[0]
        plain = out if function in {"", "Relu"} else f"{out}.plain"
        out_scale, out_zero, out_step = self._scale(plain, leaving)
        inputs = [
            *(told, scale, zero),
            *(self._constant(f"{weights}.{k}", v) for k, v in _weights_in_eight(whole, steps)),
            *(out_scale, out_zero),
            self._constant(f"{weights}.bias", np.round(self._values(bias) / (steps * step)).astype(np.int32)),
        ]
        made = self._add("QLinearConv", inputs, f"{plain}.8")
        made.attribute.extend(one for one in node.attribute if not one.name.startswith("activation"))
        self._eighths[plain] = (f"{plain}.8", out_scale, out_zero, out_step)
        self._add("DequantizeLinear", [f"{plain}.8", out_scale, out_zero], plain)
        if plain != out:
            self._add(function, [plain], out)

    def _product(self, node: Any) -> None:
        """The product with the alphabet: what comes in lies on its side, and goes out in full."""
        source, weights = node.input
        told, scale, zero, _ = self._eighth(source, self._ranges[weights][0])
        turned = self._add("Transpose", [told], f"{told}.upright")
        turned.attribute.add(name="perm", ints=[0, 2, 1], type=7)
        values = self._values(weights)
        steps = np.abs(values).max(axis=0) / WEIGHT_STEPS + 1e-12
        whole = np.round(values / steps).astype(np.int8)
        inputs = [turned.output[0], self._constant(f"{weights}.whole", whole), scale]
        inputs += [self._constant(f"{weights}.steps", steps.astype(np.float32)), zero]
        self._add("MatMulIntegerToFloat", inputs, node.output[0], "com.microsoft")

    def _eighth(self, name: str, between: Range) -> tuple[str, str, str, float]:
        """Return a tensor in 8 bits, its scale and zero (as names) and the scale's value."""
        if name not in self._eighths:
            scale, zero, step = self._scale(name, between)
            self._add("QuantizeLinear", [name, scale, zero], f"{name}.8")
            self._eighths[name] = (f"{name}.8", scale, zero, step)
        return self._eighths[name]

    def _scale(self, name: str, between: Range) -> tuple[str, str, float]:
        low, high = min(between[0], 0.0), max(between[1], 0.0)
        step = max((high - low) / 255, 1e-12)
        zero = np.array(round(-low / step), np.uint8)
        scale = np.array(step, np.float32)
        return self._constant(f"{name}.scale", scale), self._constant(f"{name}.zero", zero), step

    def _values(self, name: str) -> NDArray[np.float32]:
        stored = self._weights[name]
        flat = np.frombuffer(stored.raw_data, np.float32) if stored.raw_data else np.array(stored.float_data)
        return flat.astype(np.float32).reshape(tuple(stored.dims))

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        kind = next(number for number, one in _TYPES.items() if one == values.dtype)
        self._graph.initializer.add(
            name=name, dims=values.shape, data_type=kind, raw_data=np.ascontiguousarray(values).tobytes()
        )
        return name

    def _add(self, operation: str, inputs: Iterable[str], output: str, domain: str = "") -> Any:
        """Append a node that gives one output."""
        empty = type(self._graph.node[0])()
        empty.input.extend(inputs)
        empty.output.append(output)
        empty.op_type, empty.name, empty.domain = operation, f"{operation}.{output}", domain
        self._nodes.append(empty)
        return empty


def _weights_in_eight(whole: NDArray[np.int8], steps: NDArray[Any]) -> list[tuple[str, NDArray[Any]]]:
    return [
        ("whole", whole),
        ("steps", steps.astype(np.float32)),
        ("zeros", np.zeros(len(steps), np.int8)),
    ]
