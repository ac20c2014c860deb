"""The criteria language: grammar, syntax tree, fields, periods, canonical text, mask."""
