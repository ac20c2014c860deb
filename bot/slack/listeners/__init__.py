"""One module per topic; each registers its listeners on the app."""
