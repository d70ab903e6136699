"""What several files show together."""

from __future__ import annotations

from grader.inside.inventory.across import FileFacts, JointSign, imports, module_name, together
from grader.inside.inventory.listing import listed

PORT = "from abc import ABC, abstractmethod\nclass Sender(ABC):\n    @abstractmethod\n    def send(self): ..."
EMAIL = "from shop.port import Sender\nclass Email(Sender):\n    def send(self): return 1"
SMS = "from shop.port import Sender\nclass Sms(Sender):\n    def send(self): return 2"
SERVICE = "from shop.port import Sender\nclass Service:\n    def __init__(self, sender: 'Sender | None'): ..."


def facts(files: dict[str, str]) -> list[FileFacts]:
    return [FileFacts(path, file["facts"]) for path, file in listed(files).items() if file["facts"] is not None]


def signs(files: dict[str, str], skill: str) -> list[JointSign]:
    return [sign for sign in together(facts(files)) if sign.skill == skill]


def test_an_abstraction_is_at_work_with_two_implementations() -> None:
    """It is seen where it is declared, and where it is taken."""
    files = {"shop/port.py": PORT, "shop/email.py": EMAIL, "shop/sms.py": SMS, "shop/service.py": SERVICE}
    assert [(sign.path, sign.line) for sign in signs(files, "SOLID Principles")] == [
        ("shop/port.py", 2),
        ("shop/service.py", 3),
    ]
    assert [sign.what for sign in signs(files, "Design Patterns")] == ["Strategy"]


def test_an_abstraction_with_one_implementation_is_not() -> None:
    """Nor is a base class that leaves nothing open."""
    files = {"shop/port.py": PORT, "shop/email.py": EMAIL, "shop/service.py": SERVICE}
    assert signs(files, "SOLID Principles") == []
    plain = {"a.py": "class A: ...\nclass B(A): ...\nclass C(A): ...\ndef f(a: A): ..."}
    assert signs(plain, "SOLID Principles") == []


def test_layers_that_import_inwards_are_clean() -> None:
    """The domain imports nothing outside of it, relative imports included."""
    files = {
        "shop/__init__.py": "",
        "shop/domain/__init__.py": "",
        "shop/domain/order.py": "from .money import Money\nclass Order: ...",
        "shop/domain/money.py": "class Money: ...",
        "shop/infrastructure/db.py": "from shop.domain.order import Order\nclass Orders: ...",
    }
    found = signs(files, "Clean Architecture")
    assert sorted((sign.path, sign.strong) for sign in found) == [
        ("shop/domain/money.py", True),
        ("shop/domain/order.py", True),
    ]


def test_layers_that_import_outwards_are_not() -> None:
    """One wrong import in the only module of the domain is enough."""
    files = {
        "shop/domain/order.py": "from ..infrastructure import db\nclass Order: ...",
        "shop/infrastructure/db.py": "class Orders: ...",
    }
    (sign,) = signs(files, "Clean Architecture")
    assert not sign.strong
    assert "shop/infrastructure/db.py" in sign.what


def test_a_domain_alone_is_no_architecture() -> None:
    """Without anything outside of it there is no direction."""
    assert signs({"shop/domain/order.py": "class Order: ..."}, "Clean Architecture") == []


def test_imports_are_found_however_the_repository_is_laid_out() -> None:
    """Below `src`, in a folder that is no package, from the root, relative ones from an `__init__` too."""
    files = {
        "src/shop/__init__.py": "from . import cart",
        "src/shop/cart.py": "import shop.money",
        "src/shop/money.py": "import json",
        "backend/api/__init__.py": "",
        "backend/api/views.py": "from api.models import User",
        "backend/api/models.py": "import os",
    }
    graph = imports(facts(files))
    assert graph["src/shop/__init__.py"] == {"src/shop/cart.py"}
    assert graph["src/shop/cart.py"] == {"src/shop/money.py"}
    assert graph["src/shop/money.py"] == set()
    assert graph["backend/api/views.py"] == {"backend/api/models.py"}
    assert module_name("src/shop/__init__.py") == "shop"
