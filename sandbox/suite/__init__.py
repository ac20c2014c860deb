"""Zoho's other products on this machine: Desk, Campaigns, SalesIQ, and the e-mails of CRM contacts.

They are served by the sandbox's Zoho, on its address and with its tokens, and know the CRM's contacts.
"""
