"""The configuration document: read, checked, compared, previewed, edited and published."""
