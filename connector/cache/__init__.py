"""The local copy of the CRM: engine, tables, reading and writing them."""
