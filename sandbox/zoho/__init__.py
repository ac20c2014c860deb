"""A Zoho that runs on this machine: OAuth and CRM v8 over HTTP, holding a real organisation."""
