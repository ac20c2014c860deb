"""Reading what companies say of themselves on their own sites: fetching, extraction, technographics."""
