"""The scenarios: names and words. Everything else is drawn, in the same way for all of them.

In each there are five operations with the same roles:

main    a read by the busy key that may be old; most of the requests
fresh   a read by the busy key that may be a few seconds old
own     a read by the even key that must be up to date
act     a write with both keys; it matters most
extra   a read by the even key that nobody misses for a while

The dependency is called by `act`, which may be finished later, or by `extra`, which can be answered without it.
"""

from typing import NamedTuple


class Scenario(NamedTuple):
    """Names and words of a scenario; names have several forms, of which each variant has one."""

    title: str
    story: str
    dependency: str
    calls: str
    """The role that calls the dependency."""
    busy: tuple[str, ...]
    even: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    says: dict[str, str]


SCENARIOS = {
    "tickets": Scenario(
        "Tickets for concerts",
        "A shop sells tickets. When a well-known band announces a tour, everybody wants the same {busy}.",
        "the payment provider",
        "act",
        ("event", "show", "concert"),
        ("customer", "buyer", "account"),
        {
            "main": ("browse", "view_page", "look_up"),
            "fresh": ("seats", "free_places", "seat_map"),
            "own": ("orders", "my_tickets", "purchases"),
            "act": ("buy", "purchase", "order"),
            "extra": ("suggest", "recommend", "for_you"),
        },
        {
            "main": "the page of one {busy}",
            "fresh": "which seats of one {busy} are still free",
            "own": "what one {even} has bought",
            "act": "one {even} buys a ticket for one {busy}; the payment may be settled after the answer",
            "extra": "what else one {even} might like",
        },
    ),
    "parcels": Scenario(
        "Parcels on their way",
        "A carrier tells people where their parcels are. Before holidays one {busy} gets most of the attention.",
        "the traffic service",
        "extra",
        ("depot", "hub", "station"),
        ("parcel", "shipment", "consignment"),
        {
            "main": ("board", "overview", "departures"),
            "fresh": ("load", "occupancy", "free_docks"),
            "own": ("track", "locate", "whereabouts"),
            "act": ("scan", "register", "hand_in"),
            "extra": ("estimate", "arrival", "eta"),
        },
        {
            "main": "the public board of one {busy}",
            "fresh": "how full one {busy} is",
            "own": "where one {even} is",
            "act": "one {even} is scanned at one {busy}",
            "extra": "when one {even} will arrive; without the traffic service, by the timetable",
        },
    ),
    "posts": Scenario(
        "A place to discuss",
        "People write below articles. When something happens, all of them read and write below the same {busy}.",
        "the moderation service",
        "act",
        ("thread", "topic", "article"),
        ("member", "author", "user"),
        {
            "main": ("read", "show", "open_page"),
            "fresh": ("count", "activity", "who_is_here"),
            "own": ("inbox", "replies", "mentions"),
            "act": ("write", "comment", "post"),
            "extra": ("digest", "related", "discover"),
        },
        {
            "main": "the text of one {busy} and what is below it",
            "fresh": "how many people are at one {busy}",
            "own": "what was answered to one {even}",
            "act": "one {even} writes below one {busy}; it may be moderated after the answer",
            "extra": "what else one {even} might read",
        },
    ),
    "charging": Scenario(
        "Charging electric cars",
        "Drivers look for a free charging point and start charging. When a motorway is closed, they all go to one {busy}.",
        "the tariff service",
        "extra",
        ("site", "park", "area"),
        ("car", "contract", "driver"),
        {
            "main": ("points", "describe", "details"),
            "fresh": ("free", "available", "vacancies"),
            "own": ("session", "progress", "charge_state"),
            "act": ("begin", "start", "plug_in"),
            "extra": ("price", "tariff", "quote"),
        },
        {
            "main": "the charging points of one {busy}",
            "fresh": "which points of one {busy} are free",
            "own": "how far the charging of one {even} is",
            "act": "one {even} begins to charge at one {busy}",
            "extra": "what charging costs one {even}; without the tariff service, yesterday's price",
        },
    ),
}
