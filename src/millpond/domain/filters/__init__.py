r"""The search grammar: what a filter and an order_by may say, and what they mean.

One parser for every search; a `Schema` says which names one kind of search knows. The grammar is
MLflow's and a superset of it (OR, NOT, parentheses, BETWEEN, IN and IS NULL everywhere):

    filter      = [ disjunction ] ;                            (* blank = no filter *)
    disjunction = conjunction , { "OR" , conjunction } ;
    conjunction = negation , { "AND" , negation } ;
    negation    = "NOT" , negation | "(" , disjunction , ")" | comparison ;
    comparison  = field , comparator , value
                | field , [ "NOT" ] , ( "LIKE" | "ILIKE" ) , string
                | field , [ "NOT" ] , "IN" , "(" , value , { "," , value } , [ "," ] , ")"
                | field , [ "NOT" ] , "BETWEEN" , value , "AND" , value
                | field , "IS" , [ "NOT" ] , "NULL" ;
    comparator  = "=" | "!=" | "<" | "<=" | ">" | ">=" ;
    field       = entity , "." , key | attribute ;             (* no blanks around the dot *)
    entity      = word | "`" , word , "`" ;                    (* metrics, params, ... *)
    attribute   = word | ticked | quoted ;
    key         = bare | ticked | quoted | string ;
    value       = string | quoted | number ;
    order       = field , [ "ASC" | "DESC" ] ;

    word        = letter or "_" , { letter | digit | "_" } ;   (* Unicode letters and digits *)
    bare        = { letter | digit | one of _ . - / : @ # $ } ;
    ticked      = "`" , { any character, "`" doubled } , "`" ;
    string      = "'" , { any character, "'" doubled or after a backslash } , "'" ;
    quoted      = '"' , { any character, '"' doubled or after a backslash } , '"' ;
    number      = [ "+" | "-" ] , decimal digits with at most one "." , [ exponent ] ;

Keywords are case-insensitive, entities and keys are not. A backslash is an ordinary character
unless its run touches a quote of the same kind: there it protects, so `'it\'s'` is `it's`,
`'C:\tmp'` is `C:\tmp` and `'C:\tmp\\'` is `C:\tmp\`. A last string that ends in one backslash
(`'C:\tmp\'`) is taken as it stands, as MLflow takes it.

Meaning (`matches` is its plain-Python form, and every engine must agree with it):

- Two truth values. A comparison is true when ANY value the record has for the field satisfies it,
  so on a missing field every comparison is false, `!=`, NOT LIKE and NOT IN too; IS NULL and
  IS NOT NULL test presence; NOT negates the truth of what follows it.
- `a BETWEEN x AND y` is `a >= x AND a <= y`; NOT BETWEEN is `a < x OR a > y`.
- NaN satisfies `!=` and NOT IN, nothing else.
- LIKE minds case and ILIKE compares both sides lowered; `%` is any run of characters, `_` any one
  (a line break too); there is no escape character.
- Params and tags are text. An unquoted number is equal to the text it is written as (`= 0.5` is not
  `0.50`), and in a range compares as a number with values that are numbers (`numeric_text`).
"""

from millpond.domain.filters.ast import (
    And,
    Comparison,
    Entity,
    Field,
    Node,
    Not,
    Number,
    Op,
    Or,
    OrderKey,
    Reference,
    Text,
    Value,
)
from millpond.domain.filters.evaluate import Lookup, matches, satisfies
from millpond.domain.filters.order import parse_order_by, parse_order_fields
from millpond.domain.filters.parser import parse_filter
from millpond.domain.filters.schemas import (
    EXPERIMENTS,
    GATES,
    LOGGED_MODELS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    Attribute,
    Schema,
)
from millpond.domain.filters.unparse import unparse
from millpond.domain.filters.values import NUMERIC_TEXT, like_to_regex, numeric_text

__all__ = [
    "EXPERIMENTS",
    "GATES",
    "LOGGED_MODELS",
    "MODEL_VERSIONS",
    "NUMERIC_TEXT",
    "REGISTERED_MODELS",
    "RUNS",
    "And",
    "Attribute",
    "Comparison",
    "Entity",
    "Field",
    "Lookup",
    "Node",
    "Not",
    "Number",
    "Op",
    "Or",
    "OrderKey",
    "Reference",
    "Schema",
    "Text",
    "Value",
    "like_to_regex",
    "matches",
    "numeric_text",
    "parse_filter",
    "parse_order_by",
    "parse_order_fields",
    "satisfies",
    "unparse",
]
