"""The web sites of the organisation's accounts, served on this machine under the accounts' own names."""
