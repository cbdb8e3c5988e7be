"""Requests as MLflow's server reads them: JSON that stands for protobuf messages.

The stock clients send strict JSON, and msgspec decodes that straight into a message. Whatever it
does not take goes the long way, which has every kindness of the protobuf parser (camelCase names,
numbers as strings, enums as numbers, unknown fields, a message encoded twice) and the errors in
the protocol's words. Where MLflow's server would keep half of a bad message, it is refused.
"""

import json
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs

import msgspec
from msgspec import Meta, Struct

from millpond.domain.names import invalid_value, missing_value
from millpond.errors import InvalidParameter

M = TypeVar("M", bound="Message")

Filled = Annotated[str, Meta(min_length=1)]

DOCS_HINT = " See the API docs for more information about request parameters."
_NUL_ESCAPE = b"\\u0000"


class Message(Struct, forbid_unknown_fields=True):
    """A request. Fields stand in the order they are checked; None or a default means not given.

    required: the fields that must be given, and not be empty.
    """

    required: ClassVar[tuple[str, ...]] = ()


class Part(Struct, forbid_unknown_fields=True):
    """A message inside a message; its fields without a default are required."""


class _TwoNames(InvalidParameter):
    """One field is given under both of its names."""


def decode(message_type: type[M], body: bytes) -> M:
    """The message in a JSON body. Raises InvalidParameter."""
    if _NUL_ESCAPE not in body:
        try:
            message: M = _decoder(message_type).decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _decode_leniently(message_type, body)
        if _is_complete(message):
            return message
    return _decode_leniently(message_type, body)


def decode_query(message_type: type[M], query: bytes) -> M:
    """The message in a query; a repeated field is a repeated key. Raises InvalidParameter."""
    values = parse_qs(query.decode("latin-1"), keep_blank_values=True, errors="replace")
    given: dict[str, Any] = {}
    for name, hint in _fields(message_type).items():
        if name in values:
            given[name] = values[name] if _is_list(hint) else _from_query(values[name][0], hint)
    return _convert(message_type, given)


def _is_complete(message: Message) -> bool:
    return all(getattr(message, name) not in (None, "") for name in message.required)


@cache
def _decoder(message_type: type[M]) -> "msgspec.json.Decoder[M]":
    return msgspec.json.Decoder(message_type)


def _decode_leniently(message_type: type[M], body: bytes) -> M:
    if not body.strip():
        return _convert(message_type, {})
    try:
        given = json.loads(body)
        if isinstance(given, str):
            # Old clients encode the message, and then the text of it.
            given = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise _not_json(message_type, error) from None
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise InvalidParameter(
            f"The request body must be a JSON object, got {type(given).__name__}." + DOCS_HINT
        )
    return _convert(message_type, given)


def _not_json(message_type: type[Message], error: Exception) -> InvalidParameter:
    # MLflow's server takes such a body for an empty one, and complains about what is missing.
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    message = f"The request body is not valid JSON: {reason}."
    if message_type.required:
        missing = missing_value(message_type.required[0]).message
        return InvalidParameter(f"{missing}{DOCS_HINT} {message}")
    return InvalidParameter(message)


def _convert(message_type: type[M], given: Mapping[str, Any]) -> M:
    try:
        return typing.cast(M, _convert_struct(message_type, given, "", message_type.required))
    except _TwoNames:
        raise
    except InvalidParameter as error:
        raise InvalidParameter(error.message + DOCS_HINT) from None


def _convert_struct(
    struct_type: type[Struct], given: Mapping[str, Any], path: str, required: tuple[str, ...]
) -> Struct:
    values = {}
    for name, hint in _fields(struct_type).items():
        value = _given_value(given, name)
        if name == "run_id" and value is None:
            value = given.get("run_uuid", given.get("runUuid"))
        if name in required and (value is None or (value == "" and hint is not int)):
            raise missing_value(path + name)
        if value is None:
            continue
        converted = _convert_value(hint, value, path + name)
        if converted is not None:
            values[name] = converted
        elif name in required:
            raise _wrong_type(path + name, value)
    return struct_type(**values)


def _given_value(given: Mapping[str, Any], name: str) -> Any:
    camel = _camel_case(name)
    if camel != name and name in given and camel in given:
        raise _TwoNames(f"Request specifies both '{name}' and '{camel}'; provide only one of them.")
    return given[name] if name in given else given.get(camel)


def _convert_value(hint: Any, value: Any, path: str) -> Any:
    """The value as the field's type has it; None for what the protobuf parser would ignore."""
    if _is_list(hint):
        if not isinstance(value, list):
            raise _wrong_type(path, value)
        item = get_args(hint)[0]
        items = [_convert_item(item, v, f"{path}[{i}]") for i, v in enumerate(value)]
        return tuple(items) if get_origin(hint) is tuple else items
    if isinstance(hint, type) and issubclass(hint, Struct):
        if not isinstance(value, dict):
            raise _wrong_type(path, value)
        return _convert_struct(hint, value, f"{path}.", _required_fields(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _convert_enum(hint, value, path)
    return _SCALARS[hint](value, path)


def _convert_item(hint: Any, value: Any, path: str) -> Any:
    if value is None:
        raise _wrong_type(path, value)
    converted = _convert_value(hint, value, path)
    if converted is None:
        raise _wrong_type(path, value)
    return converted


def _convert_enum(hint: type[Enum], value: Any, path: str) -> Enum | None:
    """The member of this name or number; None for a name that there is not."""
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return hint.__members__.get(value)
    number = _to_int(value, path)
    for member in hint:
        if member.value == number:
            return member
    raise _wrong_type(path, value)


def _to_str(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong_type(path, value)
    if "\x00" in value:
        raise invalid_value(path, value, "Text may not contain NUL characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid_value(
            path, value, "Text may not contain halves of surrogate pairs."
        ) from None
    return value


def _to_int(value: Any, path: str) -> int:
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    elif isinstance(value, str) and _is_number_text(value):
        try:
            number = int(value)
        except ValueError:
            as_float = _finite_float(value)
            number = int(as_float) if as_float is not None and as_float.is_integer() else None
    if number is None or not -(1 << 63) <= number < 1 << 63:
        raise _wrong_type(path, value)
    return number


def _to_float(value: Any, path: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise _wrong_type(path, value) from None
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    number = _finite_float(value) if isinstance(value, str) and _is_number_text(value) else None
    if number is None:
        raise _wrong_type(path, value)
    return number


def _to_bool(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(path, value)
    return value


_SCALARS: dict[Any, Callable[[Any, str], Any]] = {
    str: _to_str,
    int: _to_int,
    float: _to_float,
    bool: _to_bool,
}


def _is_number_text(text: str) -> bool:
    # float() and int() also take blanks, underscores and digits of other scripts.
    return text.isascii() and text == text.strip() and "_" not in text and len(text) < 400


def _finite_float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


def _wrong_type(path: str, value: Any) -> InvalidParameter:
    return invalid_value(path, value, f" Hint: Value was of type '{type(value).__name__}'.")


def _from_query(text: str, hint: Any) -> Any:
    if text == "" and hint is not str:
        # A client that has nothing to say about a number sends the name alone.
        return None
    if hint is not bool:
        return text
    if text.lower() not in ("true", "false"):
        raise InvalidParameter(f"Invalid boolean value: {text}, must be 'true' or 'false'.")
    return text.lower() == "true"


@cache
def _fields(struct_type: type[Struct]) -> dict[str, Any]:
    """Each field's type, without Optional and without limits that only the fast way needs."""
    hints = get_type_hints(struct_type)
    return {name: _bare(hints[name]) for name in struct_type.__struct_fields__}


@cache
def _required_fields(struct_type: type[Struct]) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(struct_type) if field.required)


def _bare(hint: Any) -> Any:
    if get_origin(hint) in (types.UnionType, typing.Union):
        (hint,) = (arg for arg in get_args(hint) if arg is not types.NoneType)
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return hint


def _is_list(hint: Any) -> bool:
    return get_origin(hint) in (list, tuple)


@cache
def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
