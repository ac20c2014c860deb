"""The Web API's methods, one module a family; each maps a name to a function of the workspace and the call."""
