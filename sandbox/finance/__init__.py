"""A Zoho Finance on this machine: Books, Inventory, Invoice and Billing over one set of documents."""
