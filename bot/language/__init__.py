"""A sentence becomes a question, or the words that were not understood."""
