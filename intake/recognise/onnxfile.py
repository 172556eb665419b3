"""The part of the ONNX file format that is needed to rewrite a network: its messages, as protobuf knows them.

Field numbers are those of the public onnx.proto; what is not listed is kept as it is when a file is read and written.
"""

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FLOAT, UINT8, INT8, INT32 = 1, 2, 3, 6
"""Element types of a tensor."""

_ONE, _MANY = 1, 3
_I64, _I32, _TEXT, _BYTES, _FLOAT = 3, 5, 9, 12, 2
_MESSAGES: Final[dict[str, list[tuple[str, int, int, int | str]]]] = {
    "Model": [("graph", 7, _ONE, "Graph"), ("opset_import", 8, _MANY, "Opset")],
    "Opset": [("domain", 1, _ONE, _TEXT), ("version", 2, _ONE, _I64)],
    "Graph": [
        ("node", 1, _MANY, "Node"),
        ("initializer", 5, _MANY, "Tensor"),
        ("output", 12, _MANY, "Value"),
    ],
    "Value": [("name", 1, _ONE, _TEXT)],
    "Node": [
        ("input", 1, _MANY, _TEXT),
        ("output", 2, _MANY, _TEXT),
        ("name", 3, _ONE, _TEXT),
        ("op_type", 4, _ONE, _TEXT),
        ("attribute", 5, _MANY, "Attribute"),
        ("domain", 7, _ONE, _TEXT),
    ],
    "Attribute": [
        ("name", 1, _ONE, _TEXT),
        ("f", 2, _ONE, _FLOAT),
        ("i", 3, _ONE, _I64),
        ("s", 4, _ONE, _BYTES),
        ("ints", 8, _MANY, _I64),
        ("type", 20, _ONE, _I32),
    ],
    "Tensor": [
        ("dims", 1, _MANY, _I64),
        ("data_type", 2, _ONE, _I32),
        ("float_data", 4, _MANY, _FLOAT),
        ("name", 8, _ONE, _TEXT),
        ("raw_data", 9, _ONE, _BYTES),
    ],
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="yinzheng/onnx.proto", package="yinzheng", syntax="proto2")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, number, label, kind in fields:
            field = described.field.add(name=name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = 11, f".yinzheng.{kind}"
            else:
                field.type = kind
            if label == _MANY and kind in {_I64, _FLOAT}:
                field.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"yinzheng.{name}"))
        for name in _MESSAGES
    }


Model: Any = _classes()["Model"]
