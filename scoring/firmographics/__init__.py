"""Firmographics: what kind of company an account is, by criteria on its fields; and help in writing them."""
