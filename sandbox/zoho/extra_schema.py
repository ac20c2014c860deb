"""Modules beside the trading ones: activities, notes, quotes with lines, a custom module with links.

They are small or empty, so that the organisation stays what the demo tells about. ``Site_Visits`` has no
``Modified_Time``; ``Projects_X_Contacts`` holds the links of a multi-select lookup.
"""

from __future__ import annotations

from sandbox.zoho.schema import ANYWHERE, SYSTEM, Field, Module, link, make_module, money, sketch

QUOTE_STAGES = ("Draft", "Negotiation", "Delivered", "On Hold", "Confirmed", "Closed Won", "Closed Lost")
PRIORITIES = ("High", "Highest", "Low", "Lowest", "Normal")
TASK_STATES = ("Not Started", "Deferred", "In Progress", "Completed", "Waiting for input")
SERVICES = ("Delivery", "Installation", "Training", "Maintenance")
ROW_SYSTEM = tuple(one for one in SYSTEM if one.api_name in {"id", "Created_Time", "Modified_Time"})
UNTIMED_SYSTEM = tuple(one for one in SYSTEM if one.api_name not in {"Modified_Time", "Modified_By"})


def _anywhere(name: str) -> Field:
    return sketch(name, "lookup", 120, target=ANYWHERE)


WHO, WHAT = link("Who_Id", "Contacts", "Activities"), _anywhere("What_Id")
TASKS = (
    sketch("Subject", length=255, mandatory=True),
    sketch("Due_Date", "date", 20),
    sketch("Status", "picklist", options=TASK_STATES),
    sketch("Priority", "picklist", options=PRIORITIES),
    WHO,
    WHAT,
    sketch("Closed_Time", "datetime", read_only=True),
    sketch("Send_Notification_Email", "boolean"),
    sketch("Description", "textarea", 32000),
)
EVENTS = (
    sketch("Event_Title", length=255, mandatory=True),
    sketch("Start_DateTime", "datetime", mandatory=True),
    sketch("End_DateTime", "datetime", mandatory=True),
    sketch("Venue", length=255),
    WHO,
    WHAT,
    sketch("All_day", "boolean"),
    sketch("Description", "textarea", 32000),
)
CALLS = (
    sketch("Subject", length=255, mandatory=True),
    sketch("Call_Type", "picklist", mandatory=True, options=("Outbound", "Inbound", "Missed")),
    sketch("Call_Start_Time", "datetime", mandatory=True),
    sketch("Call_Duration", length=20),
    sketch("Call_Duration_in_seconds", "integer", 9, read_only=True),
    sketch("Call_Purpose", "picklist", options=("Prospecting", "Administrative", "Negotiation", "Demo")),
    sketch("Call_Result", length=255),
    WHO,
    WHAT,
    sketch("Description", "textarea", 32000),
)
NOTES = (
    sketch("Note_Title", length=120),
    sketch("Note_Content", "textarea", 32000, mandatory=True),
    _anywhere("Parent_Id"),
)
QUOTES = (
    sketch("Subject", length=255, mandatory=True),
    sketch("Quote_Number", "autonumber", 100, read_only=True, prefix="QT-"),
    sketch("Quote_Stage", "picklist", options=QUOTE_STAGES),
    link("Account_Name", "Accounts", "Quotes"),
    link("Deal_Name", "Deals", "Quotes"),
    sketch("Valid_Till", "date", 20),
    money("Grand_Total"),
    sketch("Terms_and_Conditions", "textarea", 50000, rich=True),
    sketch("Quoted_Items", "subform", rows="Quoted_Items"),
)
QUOTED_ITEMS = (
    link("Parent_Id", "Quotes", "Quoted_Items"),
    link("Product_Name", "Products", "Quotes"),
    sketch("Quantity", "double", 9),
    money("List_Price"),
    money("Discount"),
    money("Total"),
    sketch("Description", "textarea", 2000),
)
PROJECTS = (
    sketch("Name", length=120, mandatory=True),
    link("Account", "Accounts", "Projects", custom=True),
    sketch("Services", "multiselectpicklist", custom=True, options=SERVICES),
    sketch("Budget", "currency", 16, custom=True),
    sketch("Cost_Share", "formula", read_only=True, custom=True, returns="double"),
    sketch("Brief", "textarea", 50000, custom=True, rich=True),
    sketch("Project_Number", "autonumber", 100, read_only=True, custom=True, prefix="P-"),
    sketch(
        "Team", "multiselectlookup", custom=True, target="Contacts", related_list="Projects",
        rows="Projects_X_Contacts", mine="Projects", theirs="Contacts",
    ),
)  # fmt: skip
PROJECTS_X_CONTACTS = (link("Projects", "Projects", "Team"), link("Contacts", "Contacts", "Projects"))
SITE_VISITS = (
    sketch("Name", length=120, mandatory=True),
    link("Account", "Accounts", "Site_Visits", custom=True),
    sketch("Visited_On", "date", 20, custom=True),
    sketch("Visitor", "userlookup", 120, custom=True, target="Users"),
)


def extra_modules() -> dict[str, Module]:
    """The modules by API name. Ids are the same in every run."""
    made = (
        make_module(6, "Tasks", "Task", "Subject", "Subject", TASKS + SYSTEM),
        make_module(7, "Events", "Meeting", "Event_Title", "Event_Title", EVENTS + SYSTEM),
        make_module(8, "Calls", "Call", "Subject", "Subject", CALLS + SYSTEM),
        make_module(9, "Notes", "Note", "Note_Title", "Note_Title", NOTES + SYSTEM),
        make_module(10, "Quotes", "Quote", "Subject", "Subject", QUOTES + SYSTEM),
        subform_module(11, "Quoted_Items", "Quotes", QUOTED_ITEMS),
        make_module(12, "Projects", "Project", "Name", "Name", PROJECTS + SYSTEM, generated_type="custom"),
        linking_module(13, "Projects_X_Contacts", PROJECTS_X_CONTACTS),
        make_module(
            14, "Site_Visits", "Site Visit", "Name", "Name", SITE_VISITS + UNTIMED_SYSTEM,
            generated_type="custom",
        ),
    )  # fmt: skip
    return {one.api_name: one for one in made}


def subform_module(number: int, name: str, parent: str, fields: tuple[Field, ...]) -> Module:
    """The module of a subform's rows: queries and bulk jobs read it, the record API does not."""
    return make_module(
        number, name, name, "id", "id", fields + ROW_SYSTEM,
        has_records_api=False, generated_type="subform", parent=parent,
    )  # fmt: skip


def linking_module(number: int, name: str, fields: tuple[Field, ...]) -> Module:
    """The module of a multi-select lookup's links: bulk jobs refuse it."""
    return make_module(number, name, name, "id", "id", fields + ROW_SYSTEM, generated_type="linking")
