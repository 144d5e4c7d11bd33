"""Structured Field Values for HTTP (RFC 9651, which holds RFC 8941): read strictly, written canonically."""

from sealstamp.plugins.structured.reading import StructuredError, parse_dictionary, parse_item, parse_list
from sealstamp.plugins.structured.values import Bare, Date, Dictionary, DisplayString, InnerList, Item, Member, Token
from sealstamp.plugins.structured.writing import (
    write_dictionary,
    write_inner_list,
    write_item,
    write_list,
    write_member,
    write_parameters,
)

__all__ = [
    "Bare",
    "Date",
    "Dictionary",
    "DisplayString",
    "InnerList",
    "Item",
    "Member",
    "StructuredError",
    "Token",
    "parse_dictionary",
    "parse_item",
    "parse_list",
    "write_dictionary",
    "write_inner_list",
    "write_item",
    "write_list",
    "write_member",
    "write_parameters",
]
