"""The Web API's methods, one module a family; each maps names to functions of workspace and call."""
