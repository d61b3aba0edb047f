"""Writes what the Python package xds-protos says of Envoy's messages as JSON to standard output.

    python3 dump_descriptors.py FOLDER     FOLDER is where xds-protos and protobuf are installed

The form of a field is one text, such as "repeated envoy.type.v3.Int64Range = 3"; src/envoy/oracle_test.ts makes the
same text of the generated descriptor and compares.
"""

import importlib
import json
import pathlib
import sys

SCALARS = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool",
    9: "string", 12: "bytes", 13: "uint32", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64",
}


def value_type(field):
    kind = field.message_type or field.enum_type
    return kind.full_name if kind else SCALARS[field.type]


def field_text(field):
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        return f"map<{value_type(key)}, {value_type(value)}> = {field.number}"
    repeated = "repeated " if field.is_repeated else ""
    presence = "optional " if field.has_presence and field.message_type is None else ""
    text = f"{repeated}{presence}{value_type(field)} = {field.number}"
    oneof = field.containing_oneof
    synthetic = oneof is not None and oneof.name == "_" + field.name
    return f"{text} in {oneof.name}" if oneof is not None and not synthetic else text


def add_message(out, message):
    if message.GetOptions().map_entry:
        return
    out["messages"][message.full_name] = {field.json_name: field_text(field) for field in message.fields}
    for enum in message.enum_types:
        add_enum(out, enum)
    for nested in message.nested_types:
        add_message(out, nested)


def add_enum(out, enum):
    out["enums"][enum.full_name] = {value.name: value.number for value in enum.values}


def add_service(out, service):
    out["services"][service.full_name] = {
        method.name: f"{method.input_type.full_name} -> {method.output_type.full_name}" for method in service.methods
    }


def main(folder):
    sys.path.insert(0, folder)
    out = {"messages": {}, "enums": {}, "services": {}}
    root = pathlib.Path(folder)
    for path in sorted(root.glob("**/*_pb2.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        if not module.startswith(("envoy.", "xds.", "udpa.", "google.api.", "google.rpc.", "google.protobuf.")):
            continue
        file = importlib.import_module(module).DESCRIPTOR
        for message in file.message_types_by_name.values():
            add_message(out, message)
        for enum in file.enum_types_by_name.values():
            add_enum(out, enum)
        for service in file.services_by_name.values():
            add_service(out, service)
    json.dump(out, sys.stdout, sort_keys=True)


main(sys.argv[1])
