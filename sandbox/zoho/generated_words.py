"""The words that generated organisations are made of."""

from __future__ import annotations

COMPANY_FIRST = (
    "Alder", "Amber", "Anchor", "Arbor", "Ashfield", "Aster", "Beacon", "Birch", "Bluewater", "Bramble",
    "Bridgeway", "Cedar", "Cobalt", "Copper", "Crescent", "Dovetail", "Eastgate", "Elm", "Ember", "Falcon",
    "Fieldstone", "Foxglove", "Garnet", "Granite", "Harbor", "Hawthorn", "Heron", "Highland", "Iron",
    "Juniper", "Kestrel", "Lakeside", "Lantern", "Larch", "Linden", "Maple", "Meadow", "Millbrook", "Northern", "Oak",
    "Orchard", "Osprey", "Pioneer", "Quarry", "Ridge", "Riverbend", "Rowan", "Saffron", "Sandstone", "Silver",
    "Sparrow", "Spruce", "Stonegate", "Summit", "Thistle", "Timber", "Union", "Valley", "Willow", "Windmill",
)  # fmt: skip
COMPANY_SECOND = (
    "Analytics", "Bakeries", "Bearings", "Catering", "Ceramics", "Chemicals", "Clinics", "Components",
    "Construction", "Consulting", "Dairies", "Dental", "Electrical", "Energy", "Engineering", "Farms",
    "Fasteners", "Foods", "Freight", "Furniture", "Glass", "Hardware", "Hotels", "Instruments", "Insurance",
    "Labs", "Lighting", "Logistics", "Machining", "Marine", "Media", "Motors", "Networks", "Optics",
    "Packaging", "Paints", "Paper", "Pharma", "Plastics", "Plumbing", "Printing", "Robotics", "Roofing", "Security",
    "Software", "Steel", "Supply", "Telecom", "Textiles", "Tools", "Toys", "Travel", "Utilities", "Water",
)  # fmt: skip
COMPANY_LAST = ("", " Co", " Corp", " Group", " Inc", " LLC", " Ltd", " Partners")
STREETS = (
    "Bridge St",
    "Canal Rd",
    "Church St",
    "Depot Ave",
    "Factory Ln",
    "Main St",
    "Mill Rd",
    "Station Rd",
)
PRODUCT_FIRST = ("Basic", "Compact", "Core", "Delta", "Edge", "Flex", "Giga", "Nano", "Prime", "Ultra")
PRODUCT_SECOND = ("Cutter", "Drill", "Gauge", "Lathe", "Mixer", "Press", "Pump", "Saw", "Sensor", "Valve")
NEXT_STEPS = ("Call back", "Demo", "Send contract", "Send offer", "Site visit")
NOTES = ("Met at the fair", "Needs two quotes", "Prefers e-mail", "Referred by a customer", "Renewal due")
