"""Charts as PNG: where everything stands, the Vega-Lite specification, and the process that draws it."""
